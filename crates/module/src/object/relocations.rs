//! Relocations: the places in code and data that refer to functions and data.

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{RelocationEntry, RelocationType};

use super::bytes;
use super::item::Item;
use super::sections::Sections;
use super::symbols::{Placed, Symbol};

/// A place in the file that has the number of a table entry.
#[derive(Clone, Copy, Debug)]
pub enum Pointer {
    /// Five bytes of code, as signed LEB128.
    Code(usize),
    /// Four bytes of data.
    Data(usize),
}

impl Pointer {
    /// Adds to the number of the table entry.
    ///
    /// # Errors
    /// The file has no such place.
    pub fn shift(self, wasm: &mut [u8], by: u32) -> Result<()> {
        match self {
            Self::Code(at) => bytes::add_leb128(wasm, at, by),
            Self::Data(at) => bytes::add_word(wasm, at, by),
        }
    }
}

pub(super) struct Relocations {
    /// The place in the file, and the item. Sorted.
    pub(super) in_code: Vec<(usize, Item)>,
    pub(super) in_data: Vec<Relocation>,
    pub(super) pointers: Vec<Pointer>,
}

/// A reference in data.
pub(super) struct Relocation {
    pub(super) address: u32,
    pub(super) item: Item,
}

/// Reads all relocations, and compares them with what the linker wrote in their places.
pub(super) fn read(wasm: &[u8], sections: &Sections<'_>, placed: &Placed) -> Result<Relocations> {
    let mut found = Relocations { in_code: Vec::new(), in_data: Vec::new(), pointers: Vec::new() };
    for entry in &sections.code_relocations {
        let at = sections.code_start.saturating_add(usize::try_from(entry.offset)?);
        let value = match entry.ty {
            RelocationType::TableIndexSleb
            | RelocationType::MemoryAddrSleb
            | RelocationType::MemoryAddrLeb => bytes::leb128(wasm, at)?,
            // Calls are read from the code, and no other relocation is a reference.
            RelocationType::FunctionIndexLeb
            | RelocationType::TypeIndexLeb
            | RelocationType::GlobalIndexLeb
            | RelocationType::TableNumberLeb => continue,
            other => bail!("relocations of type {other:?} in code are not supported"),
        };
        if entry.ty == RelocationType::TableIndexSleb {
            found.pointers.push(Pointer::Code(at));
        }
        found.in_code.extend(target(entry, value, sections, placed)?.map(|item| (at, item)));
    }
    for entry in &sections.data_relocations {
        let at = sections.data_start.saturating_add(usize::try_from(entry.offset)?);
        match entry.ty {
            RelocationType::TableIndexI32 => found.pointers.push(Pointer::Data(at)),
            RelocationType::MemoryAddrI32 => {}
            other => bail!("relocations of type {other:?} in data are not supported"),
        }
        if let Some(item) = target(entry, bytes::word(wasm, at)?, sections, placed)? {
            found.in_data.push(Relocation { address: address(at, sections)?, item });
        }
    }
    found.in_code.sort_unstable();
    Ok(found)
}

/// Returns what a relocation refers to, unless that is no [`Item`].
fn target(
    entry: &RelocationEntry,
    value: u32,
    sections: &Sections<'_>,
    placed: &Placed,
) -> Result<Option<Item>> {
    let symbol = placed.symbols.get(usize::try_from(entry.index)?).context("a relocation has no symbol")?;
    let (expected, item) = match *symbol {
        Symbol::Function(function) => {
            (sections.table.get(&value) == Some(&function), Some(Item::Function(function)))
        }
        Symbol::Data(address, item) => {
            (i64::from(address).wrapping_add(entry.addend) == i64::from(value), item)
        }
        // An undefined weak symbol is null.
        Symbol::Other => (value == 0, None),
    };
    ensure!(expected, "the module was changed after it was linked: {entry:?} does not lead to {value}");
    Ok(item)
}

/// Returns the address to which a place in the file is loaded.
fn address(at: usize, sections: &Sections<'_>) -> Result<u32> {
    let held = sections.segments.iter().find_map(|segment| {
        let offset = at.checked_sub(segment.start).filter(|offset| *offset < segment.bytes.len())?;
        segment.address.checked_add(u32::try_from(offset).ok()?)
    });
    held.with_context(|| format!("a relocation at {at} is in no data segment"))
}
