//! Gives the entries of the table other numbers.

use anyhow::{Context, Result};
use proxy_filter_module::object::{Object, Pointer};
use walrus::{ExportItem, Module};

/// By how much table entries are shifted in the second run. More than any module has, so that shifted entries are apart
/// from the others.
pub(crate) const SHIFT: u32 = 1 << 16;

/// The names under which the tool exports the table and the stack pointer.
pub(crate) const TABLE: &str = "specialize table";
pub(crate) const STACK_POINTER: &str = "specialize stack pointer";

/// Returns a module that takes its function pointers from entries that are shifted by this much, and exports its table.
/// Whoever instantiates it has to shift the entries.
pub(crate) fn shifted(linked: &[u8], object: &Object, shift: u32) -> Result<Vec<u8>> {
    let mut linked = linked.to_vec();
    for pointer in &object.pointers {
        match *pointer {
            Pointer::Code(at) => {
                let place = place::<5>(&mut linked, at)?;
                let groups = place.iter().zip([0_u32, 7, 14, 21, 28]);
                let entry =
                    groups.fold(0_u32, |it, (byte, bits)| it | u32::from(byte & 0x7f).wrapping_shl(bits));
                let entry = entry.wrapping_add(shift);
                for (byte, bits) in place.iter_mut().zip([0_u32, 7, 14, 21, 28]) {
                    let more = *byte & 0x80;
                    *byte = more | (entry.wrapping_shr(bits).to_le_bytes()[0] & 0x7f);
                }
            }
            Pointer::Data(at) => {
                let place = place::<4>(&mut linked, at)?;
                *place = u32::from_le_bytes(*place).wrapping_add(shift).to_le_bytes();
            }
        }
    }
    let mut module = Module::from_buffer(&linked)?;
    let table = module.tables.iter_mut().next().context("the module has no table")?;
    table.maximum = None;
    let table = table.id();
    module.exports.add(TABLE, ExportItem::Table(table));
    let stack_pointer = module.globals.iter().next().context("the module has no stack pointer")?.id();
    module.exports.add(STACK_POINTER, ExportItem::Global(stack_pointer));
    Ok(module.emit_wasm())
}

fn place<const N: usize>(linked: &mut [u8], at: usize) -> Result<&mut [u8; N]> {
    linked.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<N>).context("a relocation is out of bounds")
}
