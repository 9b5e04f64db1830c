//! Redirects: where a client is sent.

use std::borrow::Cow;

use std::net::{Ipv4Addr, Ipv6Addr};

use proxy_filter::flow::Reply;
use proxy_filter::headers::pseudo::{AUTHORITY, SCHEME};
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::target::{is_host, split_port, split_query};

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
        let here = match settled(to, of.target) {
            Some(to) => Cow::Owned(self.location(&to, of)?),
            None => Cow::Borrowed(&location),
        };
        if OWN.location(of.target, of).as_ref() == Ok(&*here) {
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

    /// As clients send it: see [`canonical_host`], and without a default port.
    fn authority(&self, scheme: &str, of: &Target<'_>) -> Result<Vec<u8>, Unsafe> {
        let (host, own_port) = match &self.host {
            Some(host) => (host.as_bytes(), None),
            None => split_port(of.request.headers().first(&AUTHORITY).unwrap_or_default()),
        };
        let host = std::str::from_utf8(host).ok().filter(|host| is_host(host)).ok_or(Unsafe::NoHost)?;
        let host = canonical_host(host);
        let (default, other_default) = if scheme == "https" { (443, 80) } else { (80, 443) };
        let own_port = own_port.map(number).transpose()?.flatten();
        // The other scheme's default port would be a wrong one now.
        let own_port = own_port.filter(|port| self.scheme.is_none() || *port != other_default);
        Ok(match self.port.or(own_port).filter(|port| *port != default) {
            Some(port) => format!("{host}:{port}").into_bytes(),
            None => host.into_bytes(),
        })
    }
}

/// The new target of a client that has followed the redirect before: parameters that the rule brings along are in its
/// query already, and are not brought again. `None` where that is the new target as it is.
fn settled(to: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    let ((path, query), (_, own)) = (split_query(to), split_query(target));
    let parameters = own.strip_prefix(b"?")?;
    let brought = query.strip_prefix(b"?")?.strip_suffix(parameters)?.strip_suffix(b"&")?;
    let rest = parameters.strip_prefix(brought)?;
    (rest.is_empty() || rest.starts_with(b"&")).then(|| [path, own].concat())
}

/// A port as a number; an empty one is none.
fn number(port: &[u8]) -> Result<Option<u16>, Unsafe> {
    match std::str::from_utf8(port) {
        Ok("") => Ok(None),
        Ok(port) => port.parse().map(Some).map_err(|_| Unsafe::NoHost),
        Err(_) => Err(Unsafe::NoHost),
    }
}

/// A host as clients send it, however it was written: in lower case, and an IPv6 address in its short form.
fn canonical_host(host: &str) -> String {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match address.and_then(|address| address.parse::<Ipv6Addr>().ok()) {
        Some(address) => format!("[{address}]"),
        None => host.to_ascii_lowercase(),
    }
}

/// Whether clients take a host for an IPv4 address in a form of its own, such as `127.1`, and send another.
pub(crate) fn is_odd_ipv4(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = match last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    is_number && host.parse::<Ipv4Addr>().is_err()
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
    use proxy_filter::headers::HeaderPairs;
    use proxy_filter::inputs::Snapshot;

    use super::*;

    #[test]
    fn locations() {
        let https = Redirect { scheme: Some("https".into()), ..OWN };
        let default_port = Redirect { port: Some(443), scheme: Some("https".into()), ..OWN };
        let docs = Redirect { host: Some("docs.example.com".into()), ..OWN };
        let port = Redirect { port: Some(8443), scheme: Some("https".into()), ..OWN };
        for (redirect, authority, target, to, expected) in [
            (&OWN, "a.example", "/a", "/b?c=d", Ok("http://a.example/b?c=d")),
            (&OWN, "a.example:8080", "/a", "/b", Ok("http://a.example:8080/b")),
            (&OWN, "[::1]:80", "/a", "/b", Ok("http://[::1]/b")),
            (&OWN, "A.Example:", "/a", "/b", Ok("http://a.example/b")),
            (&OWN, "a.example:0443", "/a", "/b", Ok("http://a.example:443/b")),
            (&OWN, "a.example:65536", "/a", "/b", Err(Unsafe::NoHost)),
            (&OWN, "[2001:DB8:0:0::1]:08080", "/a", "/b", Ok("http://[2001:db8::1]:8080/b")),
            (&default_port, "a.example:8080", "/a", "/a", Ok("https://a.example/a")),
            (&https, "a.example:0080", "/a", "/a", Ok("https://a.example/a")),
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
            let request = Snapshot::of(HeaderPairs::of([(":scheme", "http"), (":authority", authority)]));
            let of = Target { target: target.as_bytes(), request: &request };
            let location = redirect.location(to.as_bytes(), &of);
            assert_eq!(location, expected.map(|url: &str| url.as_bytes().to_vec()), "{authority} {to}");
        }
    }

    #[test]
    fn who_is_there_already_is_not_sent() {
        let to = |scheme: Option<&str>, host: Option<&str>, port| Redirect {
            scheme: scheme.map(str::to_owned),
            host: host.map(str::to_owned),
            port,
            ..OWN
        };
        let long = "[2001:DB8:0:0:0:0:0:1]";
        for (redirect, scheme, authority, path, goes) in [
            (OWN, "http", "a.example", "/a?b", false),
            (OWN, "http", "a.example", "/a", true),
            (to(Some("http"), None, None), "http", "a.example", "/a?b", false),
            (to(Some("https"), None, None), "http", "a.example", "/a?b", true),
            (to(None, Some("a.example"), None), "http", "a.example", "/a?b", false),
            (to(None, Some("a.example"), None), "http", "a.example", "/b?b", true),
            (to(Some("https"), None, Some(443)), "https", "a.example", "/a?b", false),
            (to(Some("https"), None, Some(443)), "https", "a.example:0443", "/a?b", false),
            (to(Some("https"), None, Some(443)), "https", "a.example:", "/a?b", false),
            (to(Some("https"), None, Some(443)), "https", "a.example:8443", "/a?b", true),
            (to(Some("https"), None, Some(443)), "http", "a.example:443", "/a?b", true),
            (to(None, None, Some(80)), "http", "a.example", "/a?b", false),
            (to(None, Some("A.Example"), None), "http", "a.example", "/a?b", false),
            (to(None, Some("a.example"), None), "http", "A.EXAMPLE:80", "/a?b", false),
            (to(None, Some(long), None), "http", "[2001:db8::1]", "/a?b", false),
            (to(None, Some("[2001:db8::1]"), None), "http", long, "/a?b", false),
            (to(None, Some("[2001:db8::2]"), None), "http", long, "/a?b", true),
        ] {
            let request = HeaderPairs::of([(":scheme", scheme), (":authority", authority)]);
            let of = Target { target: b"/a?b", request: &Snapshot::of(request) };
            let reply = redirect.reply(path.as_bytes(), &of).unwrap();
            assert_eq!(reply.is_some(), goes, "{redirect:?} {scheme} {authority} {path}");
        }
    }

    #[test]
    fn addresses_that_clients_rewrite() {
        for host in ["127.1", "0x7f.1", "1", "0x", "a.0X7F", "127.0.0.256", "127.0.0.01", "127.1."] {
            assert!(is_odd_ipv4(host), "{host}");
        }
        for host in ["127.0.0.1", "127.0.0.1.", "a.example", "1.a", "0xg", "a1", "[::1]"] {
            assert!(!is_odd_ipv4(host), "{host}");
        }
    }
}
