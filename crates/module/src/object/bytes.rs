//! Numbers as the linker writes them in relocated places: at full length.

use anyhow::{Context, Result};

const OUT_OF_BOUNDS: &str = "a relocation is out of bounds";

/// The places of the bits that each byte of LEB128 holds.
const SHIFTS: [u32; 5] = [0, 7, 14, 21, 28];

/// Reads five bytes of LEB128. Their first 32 bits are the same with and without a sign.
pub(super) fn leb128(wasm: &[u8], at: usize) -> Result<u32> {
    let bytes = wasm.get(at..).and_then(<[u8]>::first_chunk::<5>).context(OUT_OF_BOUNDS)?;
    let groups = bytes.iter().zip(SHIFTS);
    Ok(groups.fold(0, |value, (byte, shift)| value | u32::from(byte & 0x7f).wrapping_shl(shift)))
}

/// Adds to five bytes of LEB128, which keep their length. The sum is less than 2^31, so it needs no sign.
pub(super) fn add_leb128(wasm: &mut [u8], at: usize, summand: u32) -> Result<()> {
    let sum = leb128(wasm, at)?.wrapping_add(summand);
    let bytes = wasm.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<5>).context(OUT_OF_BOUNDS)?;
    for (byte, shift) in bytes.iter_mut().zip(SHIFTS) {
        let [group, ..] = sum.wrapping_shr(shift).to_le_bytes();
        *byte = *byte & 0x80 | group & 0x7f;
    }
    Ok(())
}

/// Reads four bytes.
pub(super) fn word(wasm: &[u8], at: usize) -> Result<u32> {
    let bytes = wasm.get(at..).and_then(<[u8]>::first_chunk::<4>).context(OUT_OF_BOUNDS)?;
    Ok(u32::from_le_bytes(*bytes))
}

/// Adds to four bytes.
pub(super) fn add_word(wasm: &mut [u8], at: usize, summand: u32) -> Result<()> {
    let bytes = wasm.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<4>).context(OUT_OF_BOUNDS)?;
    *bytes = u32::from_le_bytes(*bytes).wrapping_add(summand).to_le_bytes();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_the_length_of_numbers() {
        for (number, summand) in [(0, 0), (1, 1 << 16), (0x7f, 1), (0x1234, 0x7654_3210)] {
            let mut leb = [0xff, 0x80, 0x80, 0x80, 0x80, 0x00, 0xff];
            add_leb128(&mut leb, 1, number).unwrap();
            add_leb128(&mut leb, 1, summand).unwrap();
            assert_eq!(leb128(&leb, 1).unwrap(), number + summand);
            assert_eq!((leb[0], leb[5] & 0x80, leb[6]), (0xff, 0, 0xff));
            let mut words = [0xff; 6];
            words[1..5].copy_from_slice(&number.to_le_bytes());
            add_word(&mut words, 1, summand).unwrap();
            assert_eq!(word(&words, 1).unwrap(), number + summand);
            assert_eq!((words[0], words[5]), (0xff, 0xff));
        }
        assert!(add_leb128(&mut [0; 5], 1, 1).is_err() && add_word(&mut [0; 4], 1, 1).is_err());
    }
}
