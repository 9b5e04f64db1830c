//! Numbers as the linker writes them in relocated places: at full length.

use anyhow::{Context, Result};

/// Reads five bytes of LEB128. Their first 32 bits are the same with and without a sign.
pub(super) fn leb128(wasm: &[u8], at: usize) -> Result<u32> {
    let bytes = wasm.get(at..).and_then(<[u8]>::first_chunk::<5>).context("a relocation is out of bounds")?;
    let groups = bytes.iter().zip([0, 7, 14, 21, 28]);
    Ok(groups.fold(0, |value, (byte, shift)| value | u32::from(byte & 0x7f).wrapping_shl(shift)))
}

/// Reads four bytes.
pub(super) fn word(wasm: &[u8], at: usize) -> Result<u32> {
    let bytes = wasm.get(at..).and_then(<[u8]>::first_chunk::<4>).context("a relocation is out of bounds")?;
    Ok(u32::from_le_bytes(*bytes))
}
