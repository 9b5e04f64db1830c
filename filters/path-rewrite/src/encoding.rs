//! Percent-encoding (RFC 3986, section 2.1).

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Appends bytes. Encodes those that are not plain.
#[inline(never)]
pub(crate) fn push(text: &mut Vec<u8>, bytes: &[u8], is_plain: fn(u8) -> bool) {
    for byte in bytes {
        if is_plain(*byte) {
            text.push(*byte);
            continue;
        }
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
        text.extend_from_slice(&[b'%', digit(*byte >> 4), digit(*byte & 15)]);
    }
}

/// Returns whether a byte has no meaning of its own in a URL: whether it is unreserved.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
