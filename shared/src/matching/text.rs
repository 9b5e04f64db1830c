//! Tests of a text.

/// A compiled test of a header's value or a path.
///
/// ```
/// use proxy_filter::matching::TextTest;
///
/// assert!(TextTest::Suffix(b".png".to_vec()).holds(b"/logo.png"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// It is this.
    Exact(Vec<u8>),
    /// It begins with this.
    Prefix(Vec<u8>),
    /// It ends with this.
    Suffix(Vec<u8>),
    /// This is somewhere in it.
    Contains(Vec<u8>),
}

impl TextTest {
    /// Whether a text passes.
    ///
    /// ```
    /// # use proxy_filter::matching::TextTest;
    /// assert!(TextTest::Contains(b"b".to_vec()).holds(b"abc"));
    /// assert!(!TextTest::Exact(b"b".to_vec()).holds(b"abc"));
    /// ```
    pub fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(expected) => text == expected,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Contains(part) => part.is_empty() || text.windows(part.len()).any(|window| window == part),
        }
    }

    /// Whether a path passes, where a prefix ends where a segment does: `/api` is one of `/api` and of
    /// `/api/x`, not of `/apix`.
    ///
    /// ```
    /// # use proxy_filter::matching::TextTest;
    /// let api = TextTest::Prefix(b"/api".to_vec());
    /// assert!(api.holds_for_path(b"/api/x"));
    /// assert!(!api.holds_for_path(b"/apix"));
    /// ```
    pub fn holds_for_path(&self, path: &[u8]) -> bool {
        let Self::Prefix(prefix) = self else { return self.holds(path) };
        let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}
