//! The checksum of the PROXY protocol: CRC32C, which RFC 3720, appendix B.4, describes.

/// The polynomial of Castagnoli, lowest power first.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Returns the checksum of these bytes, which follow each other. Bit by bit: headers are short, and a table would be up to a
/// kilobyte of the module.
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    let after_bit = |sum: u32, _| sum >> 1 ^ (POLYNOMIAL & (sum & 1).wrapping_neg());
    let after_byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), after_bit);
    !parts.iter().copied().flatten().fold(u32::MAX, after_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3720, and the usual check value.
    #[test]
    fn known_values() {
        let up: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        for (bytes, expected) in [
            (b"".as_slice(), 0),
            (b"123456789", 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&up, 0x46dd_794e),
            (&down, 0x113f_db5c),
        ] {
            assert_eq!(crc32c(&[bytes]), expected);
            let (one, two) = bytes.split_at(bytes.len() / 3);
            assert_eq!(crc32c(&[one, b"", two]), expected);
        }
    }
}
