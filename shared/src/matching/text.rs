//! Tests of a header value or a path.

/// A test of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TextTest {
    Exact(Vec<u8>),
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Contains(Vec<u8>),
}

/// More than one test is given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Several;

impl TextTest {
    /// Returns the one test that is set among `exact`, `prefix`, `suffix` and `contains`.
    pub(super) fn only(
        [exact, prefix, suffix, contains]: [Option<String>; 4],
    ) -> Result<Option<Self>, Several> {
        let mut given = [
            exact.map(|text| Self::Exact(text.into())),
            prefix.map(|text| Self::Prefix(text.into())),
            suffix.map(|text| Self::Suffix(text.into())),
            contains.map(|text| Self::Contains(text.into())),
        ]
        .into_iter()
        .flatten();
        let first = given.next();
        if given.next().is_some() { Err(Several) } else { Ok(first) }
    }

    pub(super) fn text(&self) -> &[u8] {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Suffix(text) | Self::Contains(text) => text,
        }
    }

    pub(super) fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => text == expected,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Contains(part) => part.is_empty() || text.windows(part.len()).any(|window| window == part),
        }
    }

    /// Tests a path. A prefix must end at a segment boundary: `/api` is a prefix of `/api` and `/api/x`, not of
    /// `/apix`.
    pub(super) fn holds_for_path(&self, path: &[u8]) -> bool {
        let Self::Prefix(prefix) = self else { return self.holds(path) };
        let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}
