//! Header values.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{ConfigError, Invalid};

/// A header value: any bytes except control characters (tab is allowed), without leading or trailing spaces
/// or tabs.
///
/// Envoy's hostcalls accept CR and LF and fail the request later. A checked value cannot cause that, and
/// cannot split a header. Leading and trailing spaces and tabs are removed: they are not part of the value,
/// and strict HTTP/2 peers close a connection that sends them (RFC 9113, section 8.2.1).
///
/// ```
/// use proxy_filter::headers::HeaderValue;
///
/// assert!(HeaderValue::new(b"caf\xc3\xa9 \xff".as_slice()).is_ok());
/// assert!(HeaderValue::new(b"x\r\nset-cookie: y".as_slice()).is_err());
/// assert_eq!(HeaderValue::new(" a b\t").unwrap().as_bytes(), b"a b");
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct HeaderValue(Cow<'static, [u8]>);

/// Why bytes are not a header value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {position} is the control character {byte:#04x}: a header value allows only tab")]
pub struct InvalidHeaderValue {
    position: usize,
    byte: u8,
}

impl HeaderValue {
    /// Checks a value and removes leading and trailing spaces and tabs.
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

    /// Replaces every control character except tab with a space, then removes leading and trailing spaces and
    /// tabs.
    pub fn with_spaces_for_controls(value: &[u8]) -> Self {
        Self::trimmed(value.iter().map(|&byte| if is_refused(byte) { b' ' } else { byte }).collect())
    }

    fn trimmed(mut value: Vec<u8>) -> Self {
        let is_inner = |byte: &u8| !is_space(*byte);
        if value.first().is_none_or(is_inner) && value.last().is_none_or(is_inner) {
            return Self(value.into());
        }
        let end = value.iter().rposition(is_inner).map_or(0, |last| last.saturating_add(1));
        value.truncate(end);
        value.drain(..value.iter().position(is_inner).unwrap_or_default());
        Self(value.into())
    }

    /// Creates a value that is known at compile time. Use it in a `const`.
    ///
    /// # Panics
    /// The value contains a control character other than tab, or has leading or trailing spaces or tabs. In a
    /// `const`, compilation fails.
    pub const fn from_static(value: &'static str) -> Self {
        let mut rest = value.as_bytes();
        while let [byte, tail @ ..] = rest {
            assert!(!is_refused(*byte), "a header value must have no control characters except tab");
            rest = tail;
        }
        if let [edge, ..] = value.as_bytes() {
            assert!(!is_space(*edge), "a header value must have no leading or trailing spaces or tabs");
        }
        if let [.., edge] = value.as_bytes() {
            assert!(!is_space(*edge), "a header value must have no leading or trailing spaces or tabs");
        }
        Self(Cow::Borrowed(value.as_bytes()))
    }

    /// Returns the value's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for HeaderValue {
    type Error = Invalid;

    fn try_from(value: String) -> Result<Self, Invalid> {
        Self::new(value).map_err(Invalid::new)
    }
}

impl From<InvalidHeaderValue> for ConfigError {
    fn from(error: InvalidHeaderValue) -> Self {
        Self::new(error)
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
    fn control_characters_are_refused_with_their_position() {
        for byte in (0..0x20).chain([0x7f]).filter(|&byte| byte != b'\t') {
            let error = HeaderValue::new(vec![b'a', byte]).unwrap_err();
            assert_eq!(error, InvalidHeaderValue { position: 1, byte });
        }
        assert!(HeaderValue::new(b"\t\x80\xff ~".as_slice()).is_ok());
        assert_eq!(HeaderValue::new(" \ta\n"), Err(InvalidHeaderValue { position: 3, byte: b'\n' }));
        assert_eq!(HeaderValue::with_spaces_for_controls(b"{\n\t\x7f}").as_bytes(), b"{ \t }");
    }

    #[test]
    fn white_space_around_a_value_is_removed() {
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
