//! Converts attributes to text.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::FromAttribute;

/// Converts an attribute's bytes to text, if they encode a value of its type. Also gets the attribute's path, with the form
/// behind it.
pub(super) type ToText = fn(Vec<u8>, &str) -> Option<Vec<u8>>;

/// Converts text to itself.
pub(super) fn as_it_is(text: Vec<u8>, _: &str) -> Option<Vec<u8>> {
    Some(text)
}

/// An attribute type that can be shown as text.
pub(super) trait ShowAttribute: FromAttribute {
    /// Whether the host's bytes are the text.
    const IS_TEXT: bool = false;

    fn to_text(bytes: Vec<u8>, form: &str) -> Option<Vec<u8>>;
}

/// Strings and addresses are already text.
macro_rules! as_it_is {
    ($($type:ty),+) => {
        $(impl ShowAttribute for $type {
            const IS_TEXT: bool = true;

            fn to_text(bytes: Vec<u8>, form: &str) -> Option<Vec<u8>> {
                as_it_is(bytes, form)
            }
        })+
    };
}

macro_rules! as_displayed {
    ($($type:ty),+) => {
        $(impl ShowAttribute for $type {
            fn to_text(bytes: Vec<u8>, _: &str) -> Option<Vec<u8>> {
                Self::from_attribute(bytes).map(|value| value.to_string().into_bytes())
            }
        })+
    };
}

as_it_is!(Vec<u8>, String, SocketAddr);
as_displayed!(i64, u64, bool);

/// Whole milliseconds.
impl ShowAttribute for Duration {
    fn to_text(bytes: Vec<u8>, _: &str) -> Option<Vec<u8>> {
        let milliseconds = Self::from_attribute(bytes)?.as_millis();
        // Code that formats 128 bits would be in every module for this alone.
        u64::try_from(milliseconds).ok().map(|it| it.to_string().into_bytes())
    }
}

/// Whole seconds since 1970.
impl ShowAttribute for SystemTime {
    fn to_text(bytes: Vec<u8>, _: &str) -> Option<Vec<u8>> {
        let since_1970 = Self::from_attribute(bytes)?.duration_since(Self::UNIX_EPOCH).ok()?;
        Some(since_1970.as_secs().to_string().into_bytes())
    }
}
