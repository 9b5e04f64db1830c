//! Redirects.

use std::borrow::Cow;

use proxy_filter::flow::Reply;
use proxy_filter::headers::pseudo::SCHEME;
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::target::{Scheme, is_host, split_port};

use crate::encoding;
use crate::request::{Request, split_query};
use crate::safety::{self, Unsafe};

pub(crate) use host::canonical;

mod host;
#[cfg(test)]
mod tests;

const LOCATION: HeaderName = HeaderName::from_static("location");

/// A compiled redirect. A part that is `None` keeps the request's own value.
#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) status: u16,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
}

/// A redirect to the request's own scheme, host and port.
const SAME_ORIGIN: Redirect = Redirect { status: 308, scheme: None, host: None, port: None };

impl Redirect {
    /// Builds the reply that redirects the client to this path and query. `None` if the client is already there.
    ///
    /// `host` is a host that was made for this request, in place of the redirect's own.
    ///
    /// # Errors
    /// The path is not safe to write, or the request has no valid host.
    pub(crate) fn reply(
        &self,
        to: &[u8],
        host: Option<&str>,
        request: &Request<'_>,
    ) -> Result<Option<Reply>, Unsafe> {
        let host = host.or(self.host.as_deref());
        let location = self.location(to, host, request)?;
        let here = match already_followed(to, request.target) {
            Some(to) => Cow::Owned(self.location(&to, host, request)?),
            None => Cow::Borrowed(&location),
        };
        if SAME_ORIGIN.location(request.target, None, request).as_ref() == Ok(&*here) {
            return Ok(None);
        }
        let location = HeaderValue::new(location).map_err(|_| Unsafe::Character)?;
        Ok(Some(Reply::new(self.status).header(LOCATION, location).details("path_rewrite_redirect")))
    }

    fn location(&self, to: &[u8], host: Option<&str>, request: &Request<'_>) -> Result<Vec<u8>, Unsafe> {
        if to.len() > safety::LIMIT {
            return Err(Unsafe::TooLong(to.len()));
        }
        // The request's own path is safe here: it follows a host, so it cannot be mistaken for one.
        if split_query(to).0 != split_query(request.target).0 {
            safety::check(request.target, to)?;
        }
        let scheme = match &self.scheme {
            Some(scheme) => scheme.as_str(),
            None if request.snapshot.headers().first(&SCHEME) == Some(b"https") => "https",
            None => "http",
        };
        let authority = self.authority(scheme, host, request)?;
        Ok([scheme.as_bytes(), b"://", &authority, &percent_encoded(to)].concat())
    }

    /// Returns host and port as clients send them: the host in [canonical] form, without a default port.
    fn authority(&self, scheme: &str, host: Option<&str>, request: &Request<'_>) -> Result<Vec<u8>, Unsafe> {
        let (host, own_port) = match host {
            Some(host) => (host.as_bytes(), None),
            None => split_port(request.authority()),
        };
        let host = std::str::from_utf8(host).ok().filter(|host| is_host(host)).ok_or(Unsafe::NoHost)?;
        let host = canonical(host);
        let (default, other_default) = if scheme == "https" { (443, 80) } else { (80, 443) };
        let own_port = own_port.map(port_number).transpose()?.flatten();
        // With another scheme, the old scheme's default port would be wrong.
        let own_port = own_port.filter(|port| self.scheme.is_none() || *port != other_default);
        Ok(match self.port.or(own_port).filter(|port| *port != default) {
            Some(port) => format!("{host}:{port}").into_bytes(),
            None => host.into_bytes(),
        })
    }
}

/// Returns the target for a client that has already followed the redirect: its query has the parameters that the rule
/// adds, so they are not added again. `None` if the rule adds no parameters, or the query lacks them.
///
/// For a rule that adds `x=1`: of the target `/a?x=1&y=2` it makes `/a?x=1&x=1&y=2`; this returns `/a?x=1&y=2`.
fn already_followed(to: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    let ((path, query), (_, own)) = (split_query(to), split_query(target));
    let parameters = own.strip_prefix(b"?")?;
    let added = query.strip_prefix(b"?")?.strip_suffix(parameters)?.strip_suffix(b"&")?;
    let rest = parameters.strip_prefix(added)?;
    (rest.is_empty() || rest.starts_with(b"&")).then(|| [path, own].concat())
}

/// Parses a port. `None` if it is empty.
fn port_number(port: &[u8]) -> Result<Option<u16>, Unsafe> {
    match std::str::from_utf8(port) {
        Ok("") => Ok(None),
        Ok(port) => port.parse().map(Some).map_err(|_| Unsafe::NoHost),
        Err(_) => Err(Unsafe::NoHost),
    }
}

/// Percent-encodes what a URL may not contain. Keeps existing percent-encoding.
fn percent_encoded(target: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    if target.iter().all(|byte| is_plain(*byte)) {
        return target.into();
    }
    let mut encoded = Vec::new();
    encoding::push(&mut encoded, target, is_plain);
    encoded.into()
}
