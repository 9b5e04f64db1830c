//! Header names.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{ConfigError, Invalid, on_one_line};

/// A header name: an RFC 9110 token in lower case, or an HTTP/2 pseudo-header such as `:authority`.
///
/// ```
/// use proxy_filter::headers::HeaderName;
///
/// assert_eq!(HeaderName::new("X-Env").unwrap().as_str(), "x-env");
/// assert!(HeaderName::new("x env").is_err());
/// assert!(HeaderName::new(":authority").is_err());
/// assert_eq!(HeaderName::readable(":authority").unwrap().as_str(), ":authority");
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct HeaderName(Cow<'static, str>);

/// Why a text is not a header name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)")]
pub struct InvalidHeaderName(String);

impl HeaderName {
    /// Checks a name to write and lower-cases it. Refuses pseudo-headers; [`readable`](Self::readable) accepts them.
    ///
    /// # Errors
    /// The name is empty or has a character that tokens do not allow.
    pub fn new(name: &str) -> Result<Self, InvalidHeaderName> {
        if !name.is_empty() && name.bytes().all(is_token) {
            Ok(Self(name.to_ascii_lowercase().into()))
        } else {
            Err(InvalidHeaderName(on_one_line(name)))
        }
    }

    /// Checks a name to read. Accepts what [`new`](Self::new) accepts, and pseudo-headers. `host` becomes `:authority`,
    /// the name under which proxies store it.
    ///
    /// # Errors
    /// The name, without a leading colon, is not a token.
    pub fn readable(name: &str) -> Result<Self, InvalidHeaderName> {
        match name.strip_prefix(':') {
            Some(rest) => Self::new(rest).map(|rest| Self(format!(":{rest}").into())),
            None if name.eq_ignore_ascii_case("host") => Ok(Self::pseudo(":authority")),
            None => Self::new(name),
        }
    }

    /// Creates a name that is known at compile time. Use it in a `const`.
    ///
    /// # Panics
    /// The name is not a lower-case token. In a `const`, compilation fails.
    pub const fn from_static(name: &'static str) -> Self {
        let mut rest = name.as_bytes();
        assert!(!rest.is_empty(), "a header name must not be empty");
        while let [byte, tail @ ..] = rest {
            assert!(
                is_token(*byte) && !byte.is_ascii_uppercase(),
                "a header name must be a lower-case token"
            );
            rest = tail;
        }
        Self(Cow::Borrowed(name))
    }

    pub(crate) const fn pseudo(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns whether the header delimits a message's body: `content-length`, `transfer-encoding`.
    pub fn is_framing(&self) -> bool {
        ["content-length", "transfer-encoding"].contains(&self.as_str())
    }

    /// Returns whether the header belongs to one connection, not to the message (RFC 9110, section 7.6.1).
    pub fn is_hop_by_hop(&self) -> bool {
        ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"].contains(&self.as_str())
    }
}

/// A header name in a configuration that may be a pseudo-header: see [`HeaderName::readable`].
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct ReadableHeaderName(pub HeaderName);

impl TryFrom<String> for HeaderName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        Self::new(&name).map_err(Invalid::new)
    }
}

impl TryFrom<String> for ReadableHeaderName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        HeaderName::readable(&name).map(Self).map_err(Invalid::new)
    }
}

impl From<InvalidHeaderName> for ConfigError {
    fn from(error: InvalidHeaderName) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens() {
        for good in ["a", "X-Env", "x_y", "1", "!#$%&'*+-.^_`|~"] {
            assert_eq!(HeaderName::new(good).unwrap().as_str(), good.to_ascii_lowercase());
        }
        for bad in ["", " ", "x y", "x:", ":path", "ü", "x\n", "x\0", "(x)", "a,b"] {
            assert!(HeaderName::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(HeaderName::readable("Host").unwrap().as_str(), ":authority");
        for bad in ["", ":", "::a", ":a b"] {
            assert!(HeaderName::readable(bad).is_err(), "{bad:?}");
        }
    }
}
