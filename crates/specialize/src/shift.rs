//! Gives the entries of the table other numbers.

use anyhow::{Context, Result};
use proxy_filter_module::object::Object;
use walrus::{ExportItem, Module};

/// By how much table entries are shifted in the second run. More than any module has, so that shifted entries are apart
/// from the others.
pub(crate) const SHIFT: u32 = 1 << 16;

/// The names under which the tool exports the table and the stack pointer.
pub(crate) const TABLE: &str = "specialize table";
pub(crate) const STACK_POINTER: &str = "specialize stack pointer";

/// Returns a module that takes its function pointers from entries that are shifted by this much, and exports its table.
/// The caller shifts the entries when it instantiates the module.
pub(crate) fn shifted(linked: &[u8], object: &Object, shift: u32) -> Result<Vec<u8>> {
    let mut linked = linked.to_vec();
    for pointer in &object.pointers {
        pointer.shift(&mut linked, shift)?;
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
