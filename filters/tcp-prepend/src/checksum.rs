//! The checksum of the PROXY protocol: CRC32C, which RFC 3720, appendix B.4, describes.

/// The polynomial of Castagnoli, lowest power first.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The checksum of each half of a byte. A table of whole bytes would be a kilobyte of the module.
const HALVES: [u32; 16] = {
    let mut halves = [0; 16];
    let mut half = 0_u32;
    while half < 16 {
        let mut sum = half;
        let mut bit = 0;
        while bit < 4 {
            sum = if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        halves[half as usize] = sum;
        half += 1;
    }
    halves
};

/// Returns the checksum of these bytes, which follow each other.
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    let half = |sum: u32| sum >> 4 ^ HALVES.get(sum as usize & 0xf).copied().unwrap_or_default();
    !parts.concat().iter().fold(u32::MAX, |sum, byte| half(half(sum ^ u32::from(*byte))))
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
