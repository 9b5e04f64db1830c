//! Header values.

use std::borrow::Cow;

/// A header value: any bytes but controls, tab allowed, without white space around it.
///
/// Envoy's hostcalls accept CR and LF and fail the request afterwards; a value that was checked here
/// can do neither that nor split a header. Spaces and tabs around a value are no part of it, and strict
/// HTTP/2 peers close a connection that has them (RFC 9113, section 8.2.1): they are left out.
///
/// ```
/// use proxy_filter::headers::HeaderValue;
///
/// assert!(HeaderValue::new(b"caf\xc3\xa9 \xff".as_slice()).is_ok());
/// assert!(HeaderValue::new(b"x\r\nset-cookie: y".as_slice()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue(Cow<'static, [u8]>);

/// Why bytes are not a header value.
///
/// ```
/// use proxy_filter::headers::HeaderValue;
///
/// let error = HeaderValue::new("a\n").unwrap_err();
/// assert!(error.to_string().starts_with("byte 1 is the control character 0x0a"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {position} is the control character {byte:#04x}: a header value has none but tab")]
pub struct InvalidHeaderValue {
    position: usize,
    byte: u8,
}

impl HeaderValue {
    /// Checks a value, and leaves out spaces and tabs around it.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderValue;
    /// assert_eq!(HeaderValue::new("prod").unwrap().as_bytes(), b"prod");
    /// assert_eq!(HeaderValue::new(" a b\t").unwrap().as_bytes(), b"a b");
    /// ```
    ///
    /// # Errors
    /// The bytes contain a control character other than tab.
    pub fn new(value: impl Into<Vec<u8>>) -> Result<Self, InvalidHeaderValue> {
        let value = value.into();
        match value.iter().position(|&byte| is_refused(byte)) {
            None => Ok(Self::trimmed(value)),
            Some(position) => {
                Err(InvalidHeaderValue { position, byte: value.get(position).copied().unwrap_or_default() })
            }
        }
    }

    /// The value with every control character but tab replaced by a space, and none of them around it.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderValue;
    /// assert_eq!(HeaderValue::with_spaces_for_controls(b"{\n}\n").as_bytes(), b"{ }");
    /// ```
    pub fn with_spaces_for_controls(value: &[u8]) -> Self {
        Self::trimmed(value.iter().map(|&byte| if is_refused(byte) { b' ' } else { byte }).collect())
    }

    fn trimmed(mut value: Vec<u8>) -> Self {
        let is_inner = |byte: &u8| !is_space(*byte);
        let end = value.iter().rposition(is_inner).map_or(0, |last| last.saturating_add(1));
        value.truncate(end);
        value.drain(..value.iter().position(is_inner).unwrap_or_default());
        Self(value.into())
    }

    /// A value known when compiling.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderValue;
    /// const WORLD: HeaderValue = HeaderValue::from_static("world!");
    /// assert_eq!(WORLD.as_bytes(), b"world!");
    /// ```
    ///
    /// # Panics
    /// When compiling (in a `const`), if it contains a control character other than tab, or has spaces or tabs
    /// around it.
    pub const fn from_static(value: &'static str) -> Self {
        let mut rest = value.as_bytes();
        while let [byte, tail @ ..] = rest {
            assert!(!is_refused(*byte), "a header value has no control characters but tab");
            rest = tail;
        }
        if let [edge, ..] = value.as_bytes() {
            assert!(!is_space(*edge), "a header value has no spaces or tabs around it");
        }
        if let [.., edge] = value.as_bytes() {
            assert!(!is_space(*edge), "a header value has no spaces or tabs around it");
        }
        Self(Cow::Borrowed(value.as_bytes()))
    }

    /// The value's bytes.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderValue;
    /// assert_eq!(HeaderValue::from(20_u64).as_bytes(), b"20");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<u64> for HeaderValue {
    fn from(number: u64) -> Self {
        Self(number.to_string().into_bytes().into())
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const fn is_refused(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_refused_with_their_place() {
        for byte in (0..0x20).chain([0x7f]).filter(|&byte| byte != b'\t') {
            let error = HeaderValue::new(vec![b'a', byte]).unwrap_err();
            assert_eq!(error, InvalidHeaderValue { position: 1, byte });
        }
        assert!(HeaderValue::new(b"\t\x80\xff ~".as_slice()).is_ok());
        assert_eq!(HeaderValue::new(" \ta\n"), Err(InvalidHeaderValue { position: 3, byte: b'\n' }));
        assert_eq!(HeaderValue::with_spaces_for_controls(b"{\n\t\x7f}").as_bytes(), b"{ \t }");
    }

    #[test]
    fn white_space_around_a_value_is_no_part_of_it() {
        for (given, expected) in [
            ("", ""),
            (" ", ""),
            (" \t \t", ""),
            (" a", "a"),
            ("a\t", "a"),
            ("\t a \t b ", "a \t b"),
            ("a", "a"),
        ] {
            assert_eq!(HeaderValue::new(given).unwrap().as_bytes(), expected.as_bytes(), "{given:?}");
            let value = HeaderValue::with_spaces_for_controls(given.as_bytes());
            assert_eq!(value.as_bytes(), expected.as_bytes(), "{given:?}");
        }
        assert_eq!(HeaderValue::with_spaces_for_controls(b"\r\na\0").as_bytes(), b"a");
        for edged in [" a", "a\t", " "] {
            assert!(std::panic::catch_unwind(|| HeaderValue::from_static(edged)).is_err(), "{edged:?}");
        }
    }
}
