//! Patterns that select the headers to remove by their names.

use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::headers::{AnyHeaders, HeaderName};

use crate::protected;

/// Names that begin or end with a text, or that match a glob.
#[derive(Debug)]
pub(crate) enum Pattern {
    Prefix(HeaderName),
    Suffix(HeaderName),
    Glob(Glob),
}

impl Pattern {
    pub(crate) fn prefix(prefix: &str) -> Result<Self, ConfigError> {
        Ok(Self::Prefix(HeaderName::new(prefix)?))
    }

    pub(crate) fn suffix(suffix: &str) -> Result<Self, ConfigError> {
        Ok(Self::Suffix(HeaderName::new(suffix)?))
    }

    pub(crate) fn glob(glob: &str) -> Result<Self, ConfigError> {
        Glob::parse(glob).map(Self::Glob)
    }

    fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Prefix(prefix) => name.starts_with(prefix.as_bytes()),
            Self::Suffix(suffix) => name.ends_with(suffix.as_bytes()),
            Self::Glob(glob) => glob.matches(name),
        }
    }

    /// Removes every header whose name matches, except those that no rule may remove. Returns whether there was one.
    pub(crate) fn remove(&self, headers: &mut AnyHeaders<'_>) -> Result<bool, HostError> {
        let pairs = headers.pairs()?;
        let names = pairs.iter().filter(|(name, _)| self.matches(name));
        let mut names: Vec<_> = names
            .filter_map(|(name, _)| protected::may_remove(std::str::from_utf8(name).ok()?).ok())
            .collect();
        names.dedup();
        names.iter().try_for_each(|name| headers.remove(name))?;
        Ok(!names.is_empty())
    }
}

/// A header name with wildcards: `*` stands for any characters, `?` for one.
///
/// A bit of a word stands for a place in the pattern: before each character that is not a star, and at the end. Matching
/// follows all places at once, so its time depends on the length of the name alone.
#[derive(Debug)]
pub(crate) struct Glob {
    /// For each ASCII character, the places that it moves by one.
    moved: Vec<u64>,
    /// The places of the stars, at which every character stays.
    stars: u64,
    /// The place at the end.
    end: u64,
}

impl Glob {
    fn parse(source: &str) -> Result<Self, ConfigError> {
        // A name may have the character `*`.
        HeaderName::new(&source.replace('?', "*"))?;
        if source.bytes().all(|byte| matches!(byte, b'*' | b'?')) {
            return Err(ConfigError::new(
                "this has only wildcards, and matches headers of any name: give a part of the name",
            ));
        }
        let mut glob = Self { moved: vec![0; 128], stars: 0, end: 1 };
        for character in source.to_ascii_lowercase().bytes() {
            if character == b'*' {
                glob.stars |= glob.end;
                continue;
            }
            for (byte, places) in (0..).zip(&mut glob.moved) {
                if character == byte || character == b'?' {
                    *places |= glob.end;
                }
            }
            glob.end = glob
                .end
                .checked_mul(2)
                .ok_or_else(|| ConfigError::new("give at most 63 characters besides `*`"))?;
        }
        Ok(glob)
    }

    fn matches(&self, name: &[u8]) -> bool {
        let mut places = 1_u64;
        for byte in name {
            let moved = self.moved.get(usize::from(*byte)).copied().unwrap_or_default();
            places = (places & moved).wrapping_shl(1) | places & self.stars;
            if places == 0 {
                return false;
            }
        }
        places & self.end != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(source: &str) -> Glob {
        Glob::parse(source).unwrap()
    }

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("x-*-internal", "x-a-internal", true),
            ("X-*-Internal", "x--internal", true),
            ("x-*-internal", "x-internal", false),
            ("x-*-internal", "x-a-internals", false),
            ("x-*-internal", "y-a-internal", false),
            ("x-*", "x-", true),
            ("*-id", "x-request-id", true),
            ("*-id*", "x-id-id-a", true),
            ("x-?", "x-a", true),
            ("x-?", "x-", false),
            ("x-?", "x-ab", false),
            ("**?a", "ba", true),
            ("x-*", "x-\u{e9}", true),
            ("x-?", "\u{e9}", false),
            (&"a".repeat(63), &"a".repeat(63), true),
            (&"a".repeat(63), &"a".repeat(64), false),
        ] {
            assert_eq!(glob(pattern).matches(name.as_bytes()), expected, "{pattern} {name}");
        }
        assert!(Glob::parse(&"a".repeat(64)).is_err());
        for without_characters in ["*", "?*", "*?", "???"] {
            assert!(Glob::parse(without_characters).is_err(), "{without_characters}");
        }
    }

    /// The definition of a glob, in exponential time.
    fn matches(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], name) => (0..=name.len()).any(|start| matches(rest, &name[start..])),
            ([b'?', rest @ ..], [_, name @ ..]) => matches(rest, name),
            ([one, rest @ ..], [other, name @ ..]) => one == other && matches(rest, name),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn globs_match_as_defined(pattern in "[ab*?]{0,6}[ab]", name in "[ab]{0,9}") {
            prop_assert_eq!(glob(&pattern).matches(name.as_bytes()), matches(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
