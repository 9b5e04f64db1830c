//! What rules change of a request.

use proxy_filter::headers::HeaderValue;

use crate::request::{Request, split_query};
use crate::safety::{self, Unsafe};

/// Changes to more than the target, which are safe to write.
#[derive(Debug, PartialEq)]
pub(crate) struct Changes {
    /// The new target, if it is another one.
    pub(crate) path: Option<HeaderValue>,
    /// The new host, if it is another one.
    pub(crate) host: Option<HeaderValue>,
    /// The prefix that rules stripped, if the upstream is told.
    pub(crate) prefix: Option<HeaderValue>,
}

impl Changes {
    /// Compares a new target and a new host with those of the request. `None` if there are no changes.
    ///
    /// # Errors
    /// The target is not safe to write.
    #[inline(never)]
    pub(crate) fn new(
        target: &[u8],
        host: Option<&str>,
        tells_prefix: bool,
        request: &Request<'_>,
    ) -> Result<Option<Box<Self>>, Unsafe> {
        let path = (target != request.target).then(|| safety::check(request.target, target)).transpose()?;
        let host = host.filter(|host| host.as_bytes() != request.authority());
        let host = host.map(HeaderValue::new).transpose().map_err(|_| Unsafe::Host)?;
        let prefix = if tells_prefix { stripped(request.target, target) } else { None };
        Ok((path.is_some() || host.is_some()).then(|| Box::new(Self { path, host, prefix })))
    }
}

/// Returns what was stripped from the beginning of the request's path. `None` if the new path is not the rest of it, or if
/// servers could read the prefix as something else.
fn stripped(old: &[u8], new: &[u8]) -> Option<HeaderValue> {
    let (old, new) = (split_query(old).0, split_query(new).0);
    let prefix = match new {
        // `/app` and `/app/` both become `/`.
        b"/" => old.strip_suffix(b"/").unwrap_or(old),
        new => old.strip_suffix(new)?,
    };
    safety::check(b"/", prefix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripped_prefixes() {
        for (old, new, expected) in [
            ("/app/a?b", "/a?c&b", Some("/app")),
            ("/app", "/", Some("/app")),
            ("/app/", "/", Some("/app")),
            ("/app//", "//", Some("/app")),
            ("/a%2Fb/c", "/c", Some("/a%2Fb")),
            ("/a", "/a", None),
            ("/", "/", None),
            ("/app/a", "/b", None),
            ("/a", "/app/a", None),
            ("//evil.example/a", "/a", None),
            ("/\\evil.example/a", "/a", None),
            ("/x/../a", "/a", None),
        ] {
            let prefix = stripped(old.as_bytes(), new.as_bytes());
            assert_eq!(
                prefix.as_ref().map(HeaderValue::as_bytes),
                expected.map(str::as_bytes),
                "{old} {new}"
            );
        }
    }
}
