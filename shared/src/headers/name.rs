//! Header names.

use std::borrow::Cow;
use std::fmt;

/// A header name: an RFC 9110 token in lower case, or an HTTP/2 pseudo-header such as `:authority`.
///
/// ```
/// use proxy_filter::headers::HeaderName;
///
/// assert_eq!(HeaderName::new("X-Env").unwrap().to_string(), "x-env");
/// assert!(HeaderName::new("x env").is_err());
/// assert!(HeaderName::new(":authority").is_err());
/// assert_eq!(HeaderName::readable(":authority").unwrap().to_string(), ":authority");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderName(Cow<'static, str>);

/// Why a text is not a header name.
///
/// ```
/// use proxy_filter::headers::HeaderName;
///
/// let error = HeaderName::new("x y").unwrap_err();
/// assert!(error.to_string().starts_with("`x y` is not a header name"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)")]
pub struct InvalidHeaderName(String);

impl HeaderName {
    /// Checks a name and makes it lower-case. Pseudo-headers are refused: see
    /// [`readable`](Self::readable).
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert_eq!(HeaderName::new("X-Env")?.as_str(), "x-env");
    /// assert!(HeaderName::new(":path").is_err());
    /// # Ok::<(), proxy_filter::headers::InvalidHeaderName>(())
    /// ```
    ///
    /// # Errors
    /// The name is empty or has a character that is not of a token.
    pub fn new(name: &str) -> Result<Self, InvalidHeaderName> {
        if !name.is_empty() && name.bytes().all(is_token) {
            Ok(Self(name.to_ascii_lowercase().into()))
        } else {
            Err(InvalidHeaderName(name.escape_debug().to_string()))
        }
    }

    /// As [`new`](Self::new), and pseudo-headers too: for names that are read, never written. `host` is
    /// `:authority`, as which proxies keep it.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert_eq!(HeaderName::readable(":path")?.as_str(), ":path");
    /// assert_eq!(HeaderName::readable("Host")?.as_str(), ":authority");
    /// # Ok::<(), proxy_filter::headers::InvalidHeaderName>(())
    /// ```
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

    /// A name known when compiling.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// const HELLO: HeaderName = HeaderName::from_static("hello");
    /// assert_eq!(HELLO.as_str(), "hello");
    /// ```
    ///
    /// # Panics
    /// When compiling (in a `const`), if it is not a lower-case token.
    pub const fn from_static(name: &'static str) -> Self {
        let mut rest = name.as_bytes();
        assert!(!rest.is_empty(), "a header name is not empty");
        while let [byte, tail @ ..] = rest {
            assert!(is_token(*byte) && !byte.is_ascii_uppercase(), "a header name is a lower-case token");
            rest = tail;
        }
        Self(Cow::Borrowed(name))
    }

    pub(crate) const fn pseudo(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name as text.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert_eq!(HeaderName::from_static("hello").as_str(), "hello");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as bytes.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert_eq!(HeaderName::from_static("hello").as_bytes(), b"hello");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it says where a message's body ends: `content-length`, `transfer-encoding`.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert!(HeaderName::from_static("content-length").is_framing());
    /// ```
    pub fn is_framing(&self) -> bool {
        ["content-length", "transfer-encoding"].contains(&self.as_str())
    }

    /// Whether it belongs to one connection, not to the message (RFC 9110, section 7.6.1).
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// assert!(HeaderName::from_static("keep-alive").is_hop_by_hop());
    /// ```
    pub fn is_hop_by_hop(&self) -> bool {
        ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"].contains(&self.as_str())
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
