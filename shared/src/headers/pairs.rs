//! A header map in the host's serialized format, read in place.

use super::{AsHeaderName, HeaderName};
use crate::sys::HostError;

/// A copy of a header map, in one allocation in the ABI's format.
///
/// The format (Proxy-Wasm ABI, "serialized map") is a 32-bit little-endian count, then the lengths of name and value
/// of each pair, 32 bits each, then the name, a zero byte, the value and a zero byte of each pair.
///
/// ```
/// use proxy_filter::headers::{HeaderName, HeaderPairs};
///
/// let pairs = HeaderPairs::of([("x-a", "1"), ("x-b", ""), ("x-a", "2")]);
/// assert_eq!(pairs.first("x-b"), Some(b"".as_slice()));
/// assert_eq!(pairs.values(&HeaderName::from_static("x-a")).count(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderPairs(Vec<u8>);

impl HeaderPairs {
    pub(crate) const EMPTY: Self = Self(Vec::new());

    /// Creates a map from the host's serialized format.
    pub fn new(serialized: Vec<u8>) -> Self {
        Self(serialized)
    }

    /// Creates a map of these pairs, in order, for tests.
    pub fn of<'a>(
        pairs: impl IntoIterator<IntoIter: ExactSizeIterator + Clone, Item = (&'a str, &'a str)>,
    ) -> Self {
        let bytes = pairs.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Self(serialize_pairs(bytes).unwrap_or_default())
    }

    /// Iterates over names and values in order. Stops at the first truncated pair.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut lengths = self.0.as_slice();
        let count = take_length(&mut lengths).unwrap_or(0);
        let mut data = count.checked_mul(8).and_then(|size| lengths.get(size..)).unwrap_or_default();
        (0..count).map_while(move |_| {
            let (name, value) = (take_length(&mut lengths)?, take_length(&mut lengths)?);
            Some((take_text(&mut data, name)?, take_text(&mut data, value)?))
        })
    }

    /// Returns every value of a header, in order.
    pub fn values<'a>(&'a self, name: impl AsHeaderName + 'a) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(n, _)| name.matches(n)).map(|(_, value)| value)
    }

    /// Returns the first value of a header.
    pub fn first(&self, name: impl AsHeaderName) -> Option<&[u8]> {
        self.iter().find(|(n, _)| name.matches(n)).map(|(_, value)| value)
    }

    /// Returns the status, if these are the headers of a response.
    pub fn status(&self) -> Option<u16> {
        std::str::from_utf8(self.first(":status")?).ok()?.parse().ok()
    }

    /// Returns a copy with only these headers.
    ///
    /// # Errors
    /// Does not fail in practice: part of a map is no larger than the map.
    pub fn only(&self, names: &[HeaderName]) -> Result<Self, HostError> {
        if names.is_empty() {
            return Ok(Self::EMPTY);
        }
        let wanted = |name: &[u8]| names.iter().any(|n| n.matches(name));
        let kept: Vec<_> = self.iter().filter(|(name, _)| wanted(name)).collect();
        serialize_pairs(kept.iter().copied()).map(Self)
    }
}

/// Serializes pairs in the format that [`HeaderPairs`] reads.
///
/// # Errors
/// [`HostError::BadArgument`] when a name or value is 4 GiB or longer.
pub fn serialize_pairs<'a>(
    pairs: impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone,
) -> Result<Vec<u8>, HostError> {
    let length =
        |length: usize| u32::try_from(length).map(u32::to_le_bytes).map_err(|_| HostError::BadArgument);
    let texts = pairs.clone().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(2));
    let lengths = pairs.len().saturating_mul(8).saturating_add(4);
    let mut serialized = Vec::with_capacity(texts.fold(lengths, usize::saturating_add));
    serialized.extend_from_slice(&length(pairs.len())?);
    for (name, value) in pairs.clone() {
        serialized.extend_from_slice(&length(name.len())?);
        serialized.extend_from_slice(&length(value.len())?);
    }
    for text in pairs.flat_map(|(name, value)| [name, value]) {
        serialized.extend_from_slice(text);
        serialized.push(0);
    }
    Ok(serialized)
}

fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}

fn take_text<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest.split_first()?.1;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(&[u8], &[u8]); 3] = [(b"a", b"1"), (b"bc", b""), (b"a", b"\xff\0x")];

    #[test]
    fn a_map_survives_the_round_trip() {
        let pairs = HeaderPairs(serialize_pairs(PAIRS.into_iter()).unwrap());
        assert_eq!(pairs.iter().collect::<Vec<_>>(), PAIRS);
        let name = HeaderName::from_static("a");
        assert_eq!(pairs.values(&name).collect::<Vec<_>>(), [b"1".as_slice(), b"\xff\0x"]);
        assert_eq!(pairs.first(&HeaderName::from_static("bc")), Some(b"".as_slice()));
        assert_eq!(pairs.only(&[name]).unwrap().iter().count(), 2);
    }

    #[test]
    fn a_truncated_map_yields_its_complete_pairs() {
        let whole = serialize_pairs(PAIRS.into_iter()).unwrap();
        for end in 0..whole.len() {
            let pairs = HeaderPairs(whole[..end].to_vec());
            assert!(pairs.iter().zip(PAIRS).all(|(found, expected)| found == expected));
            assert!(pairs.iter().count() < PAIRS.len());
        }
        assert_eq!(HeaderPairs(vec![0xff; 64]).iter().count(), 0);
    }
}
