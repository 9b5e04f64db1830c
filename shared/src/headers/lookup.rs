//! Names by which headers are looked up.

use super::HeaderName;

/// A name to look a header up by: a [`HeaderName`], or a text known at compile time.
///
/// A text that is not a header name, or has capitals, is safe here: the one finds no header, and the other finds
/// the same as in lower case. To write a header takes a [`HeaderName`], which is checked.
pub trait AsHeaderName: sealed::Sealed {
    /// The name as bytes.
    fn name(&self) -> &[u8];

    /// Whether this is the name of a header, which a host gives in lower case.
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
