//! Redirects: where a client is sent.

use proxy_filter::flow::Reply;
use proxy_filter::headers::target::{AUTHORITY, SCHEME, is_host, split_port, split_query};
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::rewrite::Target;
use crate::safety::{self, Unsafe};

const LOCATION: HeaderName = HeaderName::from_static("location");

/// A compiled redirect. What is not given is the request's own.
#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) status: u16,
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
}

/// To where the request came from.
const OWN: Redirect = Redirect { status: 308, scheme: None, host: None, port: None };

impl Redirect {
    /// The reply that sends the client to this path and query; `None` if it is there already.
    ///
    /// # Errors
    /// The path is one that a rewrite would not write either, or the request's host is none.
    pub(crate) fn reply(&self, to: &[u8], of: &Target<'_>) -> Result<Option<Reply>, Unsafe> {
        let location = self.location(to, of)?;
        if OWN.location(of.target, of).as_ref() == Ok(&location) {
            return Ok(None);
        }
        let location = HeaderValue::new(location).map_err(|_| Unsafe::Character)?;
        Ok(Some(Reply::new(self.status).header(LOCATION, location).details("path_rewrite_redirect")))
    }

    fn location(&self, to: &[u8], of: &Target<'_>) -> Result<Vec<u8>, Unsafe> {
        if to.len() > safety::LIMIT {
            return Err(Unsafe::TooLong(to.len()));
        }
        // The request's own path stands behind a host, where it cannot be taken for one.
        if split_query(to).0 != split_query(of.target).0 {
            safety::check(of.target, to)?;
        }
        let scheme = match &self.scheme {
            Some(scheme) => scheme.as_str(),
            None if of.request.headers().first(&SCHEME) == Some(b"https") => "https",
            None => "http",
        };
        Ok([scheme.as_bytes(), b"://", &self.authority(scheme, of)?, &percent_encoded(to)].concat())
    }

    fn authority(&self, scheme: &str, of: &Target<'_>) -> Result<Vec<u8>, Unsafe> {
        let (host, own_port) = match &self.host {
            Some(host) => (host.as_bytes(), None),
            None => split_port(of.request.headers().first(&AUTHORITY).unwrap_or_default()),
        };
        if !std::str::from_utf8(host).is_ok_and(is_host) {
            return Err(Unsafe::NoHost);
        }
        // The other scheme's default port would be a wrong one now.
        let other_default = if scheme == "https" { b"80".as_slice() } else { b"443" };
        let own_port = own_port.filter(|port| self.scheme.is_none() || *port != other_default);
        let port =
            self.port.map(|port| port.to_string().into_bytes()).or_else(|| own_port.map(<[u8]>::to_vec));
        Ok(match port {
            Some(port) => [host, b":", &port].concat(),
            None => host.to_vec(),
        })
    }
}

/// What may not stand in a URL, in per cent. What is encoded already stays.
fn percent_encoded(target: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(target.len());
    for byte in target {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.extend(format!("%{byte:02X}").into_bytes());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proxy_filter::facts::Captured;
    use proxy_filter::headers::HeaderPairs;

    use super::*;

    #[test]
    fn locations() {
        let https = Redirect { scheme: Some("https".into()), ..OWN };
        let docs = Redirect { host: Some("docs.example.com".into()), ..OWN };
        let port = Redirect { port: Some(8443), scheme: Some("https".into()), ..OWN };
        for (redirect, authority, target, to, expected) in [
            (&OWN, "a.example", "/a", "/b?c=d", Ok("http://a.example/b?c=d")),
            (&OWN, "a.example:8080", "/a", "/b", Ok("http://a.example:8080/b")),
            (&OWN, "[::1]:80", "/a", "/b", Ok("http://[::1]:80/b")),
            (&https, "a.example:80", "/a", "/a", Ok("https://a.example/a")),
            (&https, "a.example:8080", "/a", "/a", Ok("https://a.example:8080/a")),
            (&docs, "a.example:8080", "/a", "/a", Ok("http://docs.example.com/a")),
            (&port, "a.example", "/a", "/a", Ok("https://a.example:8443/a")),
            (
                &docs,
                "a.example",
                "//evil.example",
                "//evil.example",
                Ok("http://docs.example.com//evil.example"),
            ),
            (&docs, "a.example", "/a", "//evil.example", Err(Unsafe::LooksLikeHost)),
            (
                &docs,
                "a.example",
                "/a",
                "/a\\\"<>^`{|}",
                Ok("http://docs.example.com/a%5C%22%3C%3E%5E%60%7B%7C%7D"),
            ),
            (&docs, "a.example", "/a", "/%2F%zz", Ok("http://docs.example.com/%2F%zz")),
            (&OWN, "", "/a", "/a", Err(Unsafe::NoHost)),
            (&OWN, "a.example@evil.example", "/a", "/a", Err(Unsafe::NoHost)),
            (&OWN, "evil.example/", "/a", "/a", Err(Unsafe::NoHost)),
            (&OWN, "a.example:80:90", "/a", "/a", Err(Unsafe::NoHost)),
            (&OWN, "::1", "/a", "/a", Err(Unsafe::NoHost)),
            (&OWN, "a]b[", "/a", "/a", Err(Unsafe::NoHost)),
        ] {
            let request = Captured::of(HeaderPairs::of([(":scheme", "http"), (":authority", authority)]));
            let of = Target { target: target.as_bytes(), request: &request };
            let location = redirect.location(to.as_bytes(), &of);
            assert_eq!(location, expected.map(|url: &str| url.as_bytes().to_vec()), "{authority} {to}");
        }
    }

    #[test]
    fn who_is_there_already_is_not_sent() {
        let http = Redirect { scheme: Some("http".into()), ..OWN };
        let https = Redirect { scheme: Some("https".into()), ..OWN };
        let here = Redirect { host: Some("a.example".into()), ..OWN };
        let request = HeaderPairs::of([(":scheme", "http"), (":authority", "a.example")]);
        let of = Target { target: b"/a?b", request: &Captured::of(request) };
        for (redirect, to, goes) in [
            (&OWN, "/a?b", false),
            (&OWN, "/a", true),
            (&http, "/a?b", false),
            (&https, "/a?b", true),
            (&here, "/a?b", false),
            (&here, "/b?b", true),
        ] {
            assert_eq!(redirect.reply(to.as_bytes(), &of).unwrap().is_some(), goes, "{redirect:?} {to}");
        }
    }
}
