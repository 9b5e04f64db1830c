//! The names that header lookups accept.

use super::HeaderName;

/// A name for looking up a header: a [`HeaderName`] or a `&'static str`.
///
/// Any text is safe here: lookups ignore case, and a text that is not a header name finds no header. Writing a header
/// requires a [`HeaderName`], which is checked.
pub trait AsHeaderName: sealed::Sealed {
    /// Returns the name as bytes.
    fn name(&self) -> &[u8];

    /// Returns whether this is the name of a header, given in lower case as hosts do.
    fn matches(&self, lower_case: &[u8]) -> bool {
        self.name() == lower_case
    }
}

impl AsHeaderName for &HeaderName {
    fn name(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsHeaderName for &'static str {
    fn name(&self) -> &[u8] {
        self.as_bytes()
    }

    fn matches(&self, lower_case: &[u8]) -> bool {
        self.as_bytes().eq_ignore_ascii_case(lower_case)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for &super::HeaderName {}
    impl Sealed for &'static str {}
}

#[cfg(test)]
mod tests {
    use crate::headers::{HeaderName, HeaderPairs};

    #[test]
    fn headers_are_found_by_texts_and_names() {
        let pairs = HeaderPairs::of([("x-a", "1"), (":path", "/"), ("x-a", "2")]);
        assert_eq!(pairs.first("X-A"), Some(b"1".as_slice()));
        assert_eq!(pairs.values("x-a").count(), 2);
        assert_eq!(pairs.values(&HeaderName::from_static("x-a")).count(), 2);
        assert_eq!(pairs.first(":path"), Some(b"/".as_slice()));
        assert_eq!(pairs.first("x a\n"), None);
    }
}
