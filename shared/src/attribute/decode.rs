//! The types that attributes decode to.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::headers::HeaderPairs;

/// A type that can be decoded from an attribute's bytes.
///
/// ```
/// use proxy_filter::attribute::FromAttribute;
///
/// /// A percentage.
/// #[derive(Debug, PartialEq)]
/// struct Percent(i64);
///
/// impl FromAttribute for Percent {
///     fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
///         i64::from_attribute(bytes).filter(|number| (0..=100).contains(number)).map(Self)
///     }
/// }
/// assert_eq!(Percent::from_attribute(50_i64.to_le_bytes().to_vec()), Some(Percent(50)));
/// ```
pub trait FromAttribute: Sized {
    /// Decodes the bytes. Returns `None` if they do not encode a value of this type.
    fn from_attribute(bytes: Vec<u8>) -> Option<Self>;
}

impl FromAttribute for Vec<u8> {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Some(bytes)
    }
}

impl FromAttribute for String {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Self::from_utf8(bytes).ok()
    }
}

impl FromAttribute for SocketAddr {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        std::str::from_utf8(&bytes).ok()?.parse().ok()
    }
}

impl FromAttribute for i64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for u64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for bool {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        match bytes.as_slice() {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl FromAttribute for f64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for Duration {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        u64::try_from(i64::from_attribute(bytes)?).ok().map(Self::from_nanos)
    }
}

/// A map, such as a node's labels.
impl FromAttribute for HeaderPairs {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Some(Self::new(bytes))
    }
}

impl FromAttribute for SystemTime {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        let nanoseconds = u64::try_from(i64::from_attribute(bytes)?).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(i64::from_attribute(vec![0xff; 8]), Some(-1));
        assert_eq!(u64::from_attribute(vec![1, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(i64::from_attribute(vec![1]), None);
        assert_eq!(bool::from_attribute(vec![1]), Some(true));
        assert_eq!(bool::from_attribute(vec![]), None);
        let address = SocketAddr::from_attribute(b"[2001:db8::1]:0".to_vec());
        assert_eq!(address.map(|address| address.ip().to_string()).as_deref(), Some("2001:db8::1"));
        assert_eq!(SocketAddr::from_attribute(b"/run/envoy.sock".to_vec()), None);
        let second = SystemTime::from_attribute(1_000_000_000_i64.to_le_bytes().to_vec());
        assert_eq!(second, Some(UNIX_EPOCH + Duration::from_secs(1)));
    }
}
