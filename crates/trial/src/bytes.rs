//! Bytes that are usually text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes. In JSON, text is a string, and what is not UTF-8 is a list of numbers.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "JsonBytes", into = "JsonBytes")]
pub struct Bytes(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of bytes")]
enum JsonBytes {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<JsonBytes> for Bytes {
    fn from(form: JsonBytes) -> Self {
        match form {
            JsonBytes::Text(text) => Self(text.into_bytes()),
            JsonBytes::Bytes(bytes) => Self(bytes),
        }
    }
}

impl From<Bytes> for JsonBytes {
    fn from(Bytes(bytes): Bytes) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the bytes as text. Escapes characters that a terminal may act on, and all bytes if they are not UTF-8.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(text) = std::str::from_utf8(&self.0) else { return write!(f, "{}", self.0.escape_ascii()) };
        text.chars().try_for_each(|character| match character.is_control() {
            true => write!(f, "{}", character.escape_default()),
            false => write!(f, "{character}"),
        })
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json() {
        for (bytes, json) in [(b"a\n".as_slice(), r#""a\n""#), (b"\xff\0", "[255,0]"), (b"", r#""""#)] {
            assert_eq!(serde_json::to_string(&Bytes::from(bytes)).unwrap(), json);
            assert_eq!(serde_json::from_str::<Bytes>(json).unwrap().0, bytes);
        }
        assert!(
            serde_json::from_str::<Bytes>("[256]").is_err() && serde_json::from_str::<Bytes>("1").is_err()
        );
    }

    #[test]
    fn bytes_cannot_reach_the_terminal() {
        let shown = |bytes: &[u8]| Bytes::from(bytes).to_string();
        assert_eq!(shown(b"\x1b[31mr\xc3\xa9d\n"), r"\u{1b}[31mréd\n");
        assert_eq!(shown(b"\xff\x1b"), r"\xff\x1b");
    }
}
