//! Headers (HPACK, RFC 7541): written as literals, and read as far as the status of a response.

/// The static table's entries for `:status`.
const STATUSES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];

/// The index of the first of them.
const FIRST_STATUS: u8 = 8;

/// Writes a field that is neither compressed nor kept in a table.
pub fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    [vec![0], text(name), text(value)].concat()
}

/// Writes fields as [`literal`]s.
pub fn fields<'a>(all: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    all.into_iter().flat_map(|(name, value)| literal(name, value)).collect()
}

fn text(bytes: &[u8]) -> Vec<u8> {
    [&integer(bytes.len(), 0x7f), bytes].concat()
}

/// Writes an integer whose first byte has the bits of `prefix`.
fn integer(value: usize, prefix: u8) -> Vec<u8> {
    if let Ok(small) = u8::try_from(value)
        && small < prefix
    {
        return vec![small];
    }
    let (mut bytes, mut rest) = (vec![prefix], value.saturating_sub(prefix.into()));
    while rest >= 0x80 {
        bytes.push(0x80 | u8::try_from(rest & 0x7f).unwrap_or_default());
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap_or_default());
    bytes
}

/// Returns the status of a response's first block of headers on a connection, or of any block if the connection's
/// `HEADER_TABLE_SIZE` is 0.
pub fn status(block: &[u8]) -> Option<u16> {
    // What precedes fields: updates of the table's size.
    let start = block.iter().position(|byte| byte & 0xe0 != 0x20)?;
    let (first, rest) = block.get(start..)?.split_first()?;
    let known = |index: u8| STATUSES.get(usize::from(index.checked_sub(FIRST_STATUS)?)).copied();
    if first & 0x80 != 0 {
        return known(first & 0x7f);
    }
    let index = if first & 0x40 != 0 { first & 0x3f } else { first & 0x0f };
    known(index)?;
    let (length, rest) = rest.split_first()?;
    let value = rest.get(..usize::from(length & 0x7f))?;
    let digits = if length & 0x80 == 0 { value.to_vec() } else { huffman_digits(value)? };
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// Decodes a Huffman code that consists of digits: five bits for 0 to 2, six for 3 to 9.
fn huffman_digits(bytes: &[u8]) -> Option<Vec<u8>> {
    let bits: Vec<_> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let (mut rest, mut digits) = (bits.as_slice(), Vec::new());
    let number = |bits: &[u8]| bits.iter().fold(0_u8, |number, bit| number << 1 | bit);
    // Fewer bits than a digit has are padding.
    while rest.len() >= 5 {
        let five = number(rest.get(..5)?);
        if five <= 2 {
            digits.push(b'0' | five);
            rest = rest.get(5..)?;
            continue;
        }
        let six = number(rest.get(..6)?);
        digits.push(b'0'.checked_add(six.checked_sub(0b01_1001)?.checked_add(3)?)?);
        rest = rest.get(6..)?;
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_in_every_form() {
        assert_eq!(status(&[0x88]), Some(200));
        assert_eq!(status(&[0x20, 0x8d, 0x00]), Some(404));
        assert_eq!(status(b"\x48\x03429"), Some(429));
        assert_eq!(status(b"\x08\x03503"), Some(503));
        // 302, as in RFC 7541, C.6.1.
        assert_eq!(status(&[0x48, 0x82, 0x64, 0x02]), Some(302));
        assert_eq!(status(&[0x40, 0x01]), None);
        assert_eq!(status(&[]), None);
    }

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        // RFC 7541, C.1.2, with a prefix of seven bits.
        assert_eq!(integer(10, 0x7f), [10]);
        assert_eq!(integer(127, 0x7f), [0x7f, 0]);
        assert_eq!(integer(1337, 0x1f), [0x1f, 0x9a, 0x0a]);
        assert_eq!(literal(b"a", b"bc"), b"\0\x01a\x02bc");
    }
}
