//! What may stand in a header, written without the layer's own checks.

/// Returns whether a header may have this name: a token (RFC 9110, section 5.6.2) in lower case, as in HTTP/2.
pub fn is_name(name: &[u8]) -> bool {
    let is_token =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

/// Returns whether a header may have this value: no control character but tab, and no space at either end (RFC 9113,
/// section 8.2.1).
pub fn is_value(value: &[u8]) -> bool {
    let is_space = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    let is_right = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    value.iter().all(is_right) && !is_space(value.first()) && !is_space(value.last())
}
