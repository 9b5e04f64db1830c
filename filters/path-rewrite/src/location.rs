//! Maps the URLs in `location` and `content-location`.

use crate::inverse::{Authority, Origin};

/// A reference to a URL, in parts.
#[derive(Debug)]
pub(crate) struct Location<'a> {
    /// Scheme and host, with the slashes around them. Empty if the reference has only a path.
    origin: &'a [u8],
    /// The path. Empty if the reference ends after the host.
    path: &'a [u8],
    /// Query and fragment.
    rest: &'a [u8],
    /// Whether the host is one of a backend.
    is_backend: bool,
}

impl<'a> Location<'a> {
    /// Splits a reference. Returns `None` if it is relative to the path of the request, or has a host that is neither the
    /// request's nor one of `backends`.
    pub(crate) fn parse<'b>(
        reference: &'a [u8],
        request: &Origin,
        backends: impl IntoIterator<Item = &'b Authority>,
    ) -> Option<Self> {
        let (is_https, after_scheme) = match reference {
            [b'/', b'/', ..] => (request.is_https, reference),
            [b'/', ..] => {
                let (path, rest) = split_path(reference)?;
                return Some(Self { origin: b"", path, rest, is_backend: false });
            }
            _ => [(false, b"http:".as_slice()), (true, b"https:")]
                .into_iter()
                .find_map(|(is_https, scheme)| Some((is_https, without_scheme(reference, scheme)?)))?,
        };
        let after_slashes = after_scheme.strip_prefix(b"//")?;
        let end = after_slashes.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(after_slashes.len());
        let (authority, after) = after_slashes.split_at_checked(end)?;
        let (origin, _) = reference.split_at_checked(reference.len().saturating_sub(after.len()))?;
        let authority = Authority::parse(authority)?.of_scheme(is_https);
        let is_request = request.authority().as_ref() == Some(&authority);
        let is_backend =
            !is_request && backends.into_iter().any(|backend| backend.of_scheme(is_https) == authority);
        let (path, rest) = split_path(after)?;
        (is_request || is_backend).then_some(Self { origin, path, rest, is_backend })
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> &'a [u8] {
        if self.path.is_empty() { b"/" } else { self.path }
    }

    /// Returns the reference with another path, and without parameters that begin its query. A backend's host is dropped.
    pub(crate) fn with(&self, path: &[u8], added: &[&[u8]]) -> Vec<u8> {
        let origin = if self.is_backend { b"" } else { self.origin };
        let rest = added.iter().fold(self.rest.to_vec(), |rest, added| without(rest, added));
        [origin, path, &rest].concat()
    }
}

/// Splits a path from what follows it.
fn split_path(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.split_at_checked(text.iter().position(|byte| b"?#".contains(byte)).unwrap_or(text.len()))
}

/// Strips a scheme, which may be in capitals.
fn without_scheme<'a>(reference: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = reference.split_at_checked(scheme.len())?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Removes parameters from the beginning of a query.
fn without(rest: Vec<u8>, added: &[u8]) -> Vec<u8> {
    if added.is_empty() {
        return rest;
    }
    let after = rest.strip_prefix(b"?").and_then(|query| query.strip_prefix(added));
    match after {
        Some([b'&', parameters @ ..]) => [b"?", parameters].concat(),
        Some(fragment @ ([] | [b'#', ..])) => fragment.to_vec(),
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps every path to `/p`, for a request to `https://a.example:8443`.
    fn map(reference: &str, added: &[&[u8]]) -> String {
        let authority = |text: &str| Authority::parse(text.as_bytes());
        let request = Origin { is_https: true, authority: b"A.example:8443".to_vec() };
        let backends = [authority("backend:8080").unwrap(), authority("plain").unwrap()];
        let location = Location::parse(reference.as_bytes(), &request, &backends);
        location.map_or("-".into(), |it| {
            format!(
                "{} {}",
                String::from_utf8_lossy(it.path()),
                String::from_utf8_lossy(&it.with(b"/p", added))
            )
        })
    }

    #[test]
    fn only_urls_of_the_request_and_of_backends_are_mapped() {
        for (reference, expected) in [
            ("/a/b?c#d", "/a/b /p?c#d"),
            ("/", "/ /p"),
            ("", "-"),
            ("a", "-"),
            ("?a=b", "-"),
            ("#a", "-"),
            ("../a", "-"),
            ("mailto:a@a.example", "-"),
            ("https://a.example:8443/a", "/a https://a.example:8443/p"),
            ("HTTPS://A.EXAMPLE:8443/a", "/a HTTPS://A.EXAMPLE:8443/p"),
            ("https://a.example:8443?b", "/ https://a.example:8443/p?b"),
            ("https://a.example:8443", "/ https://a.example:8443/p"),
            ("http://a.example:8443/a", "/a http://a.example:8443/p"),
            ("//a.example:8443/a", "/a //a.example:8443/p"),
            ("https://a.example/a", "-"),
            ("//a.example/a", "-"),
            ("https://b.example:8443/a", "-"),
            ("https://user@a.example:8443/a", "-"),
            ("https://a.example:8443\\@evil.example/a", "-"),
            ("https:/a", "-"),
            ("https:a.example:8443/a", "-"),
            ("http://backend:8080/a?b", "/a /p?b"),
            ("https://BACKEND:8080/a", "/a /p"),
            ("//backend:8080/a", "/a /p"),
            ("http://backend/a", "-"),
            ("http://plain/a", "/a /p"),
            ("https://plain:443/a", "/a /p"),
            ("http://plain:443/a", "-"),
            ("http://plain:8080/a", "-"),
        ] {
            assert_eq!(map(reference, &[]), expected, "{reference}");
        }
    }

    #[test]
    fn schemes_with_their_own_ports_are_alike() {
        for (is_https, authority) in [(false, "a.example"), (true, "a.example:443")] {
            let request = Origin { is_https, authority: authority.into() };
            for (reference, is_mapped) in [
                ("http://a.example/", true),
                ("https://a.example/", true),
                ("https://a.example:443/", true),
                ("http://a.example:443/", false),
            ] {
                assert_eq!(
                    Location::parse(reference.as_bytes(), &request, []).is_some(),
                    is_mapped,
                    "{reference}"
                );
            }
        }
    }

    #[test]
    fn parameters_that_rules_add_are_removed_from_the_beginning() {
        for (reference, added, expected) in [
            ("/a?v=1", &[b"v=1".as_slice()][..], "/a /p"),
            ("/a?v=1&x=2", &[b"v=1"], "/a /p?x=2"),
            ("/a?v=1#f", &[b"v=1"], "/a /p#f"),
            ("/a?v=12", &[b"v=1"], "/a /p?v=12"),
            ("/a?x=2&v=1", &[b"v=1"], "/a /p?x=2&v=1"),
            ("/a?x=2", &[b""], "/a /p?x=2"),
            ("/a?w=2&v=1&x=3", &[b"w=2", b"v=1"], "/a /p?x=3"),
        ] {
            assert_eq!(map(reference, added), expected, "{reference}");
        }
    }
}
