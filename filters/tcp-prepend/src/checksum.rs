//! The checksum of the PROXY protocol: CRC32C, which RFC 3720, appendix B.4, describes.

/// The checksum of each half of a byte. A table of whole bytes would be a kilobyte of the module, and without a table a checksum
/// takes five times as long.
const HALVES: [u32; 16] = [
    0x0000_0000,
    0x105e_c76f,
    0x20bd_8ede,
    0x30e3_49b1,
    0x417b_1dbc,
    0x5125_dad3,
    0x61c6_9362,
    0x7198_540d,
    0x82f6_3b78,
    0x92a8_fc17,
    0xa24b_b5a6,
    0xb215_72c9,
    0xc38d_26c4,
    0xd3d3_e1ab,
    0xe330_a81a,
    0xf36e_6f75,
];

/// Returns the checksum of these bytes, which follow each other.
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    let after_half = |sum: u32| sum >> 4 ^ HALVES.get(sum as usize & 0xf).copied().unwrap_or_default();
    let after_byte = |sum: u32, byte: &u8| after_half(after_half(sum ^ u32::from(*byte)));
    parts.iter().fold(u32::MAX, |sum, part| part.iter().fold(sum, after_byte)) ^ u32::MAX
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
