//! Tests of the host.

use crate::config::Invalid;
use crate::target::is_host;

/// A host, or all subdomains of a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum HostTest {
    Exact(String),
    /// The suffix after the `*`, with its dot.
    Below(String),
}

impl TryFrom<String> for HostTest {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let below = text.strip_prefix('*').filter(|below| below.strip_prefix('.').is_some_and(is_host));
        let wrong = match below {
            Some(below) => return Ok(Self::Below(below.to_owned())),
            None if text == "*" => "matches every host: remove the condition",
            None if text.contains('*') => {
                "may have a `*` only as its whole first label, like `*.example.com`"
            }
            None if is_host(&text) => return Ok(Self::Exact(text)),
            None => {
                "is not a valid host: write it without a port, like `a.example`, `*.example.com` or `[::1]`"
            }
        };
        Err(Invalid::new(format_args!("`{text}` {wrong}")))
    }
}

impl HostTest {
    pub(super) fn holds(&self, host: &[u8]) -> bool {
        match self {
            Self::Exact(name) => host.eq_ignore_ascii_case(name.as_bytes()),
            Self::Below(name) => {
                let front = host.len().checked_sub(name.len()).filter(|front| *front > 0);
                let end = front.and_then(|front| host.get(front..));
                end.is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_matches_one_label_or_more() {
        let below = HostTest::try_from("*.Example.com".to_owned()).unwrap();
        for (host, expected) in [
            ("a.example.com", true),
            ("a.b.EXAMPLE.com", true),
            ("example.com", false),
            (".example.com", false),
            ("aexample.com", false),
            ("a.example.com.org", false),
            ("", false),
        ] {
            assert_eq!(below.holds(host.as_bytes()), expected, "{host}");
        }
    }
}
