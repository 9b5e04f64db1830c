//! Tests of a host.

use crate::config::ConfigError;
use crate::target::is_host;

/// A host, or all names below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostTest {
    Exact(String),
    /// The name behind the star, with the dot.
    Below(String),
}

impl HostTest {
    pub(super) fn parse(text: String) -> Result<Self, ConfigError> {
        let below = text.strip_prefix('*').filter(|below| below.strip_prefix('.').is_some_and(is_host));
        let wrong = match below {
            Some(below) => return Ok(Self::Below(below.to_owned())),
            None if text == "*" => "is every host: leave the condition out",
            None if text.contains('*') => {
                "has a star that is not a whole name in front: write it like `*.example.com`"
            }
            None if is_host(&text) => return Ok(Self::Exact(text)),
            None => "is not a host without a port: write it like `a.example`, `*.example.com` or `[::1]`",
        };
        Err(ConfigError::new(format_args!("`{}` {wrong}", text.escape_debug())))
    }

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
    fn a_star_is_one_name_or_more() {
        let below = HostTest::parse("*.Example.com".into()).unwrap();
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
