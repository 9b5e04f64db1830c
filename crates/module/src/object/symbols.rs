//! Where the linker has put the symbols of data.

use std::ops::Range;

use anyhow::{Context, Result};
use wasmparser::{SymbolFlags, SymbolInfo};

use super::item::Item;
use super::sections::Sections;

/// The addresses of symbols.
pub(super) struct Placed {
    /// What each symbol of the symbol table refers to.
    pub(super) symbols: Vec<Symbol>,
    /// The memory of each constant.
    pub(super) constants: Vec<Range<u32>>,
    /// The segments that hold only constants.
    pub(super) constant_memory: Vec<Range<u32>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Symbol {
    Function(u32),
    /// Data at this address. An item if the data is constant.
    Data(u32, Option<Item>),
    /// Something else, or an undefined weak symbol.
    Other,
}

impl Placed {
    pub(super) fn of(sections: &Sections<'_>) -> Result<Self> {
        let mut placed = Self { symbols: Vec::new(), constants: Vec::new(), constant_memory: Vec::new() };
        let is_constant =
            |index: usize| sections.segment_names.get(index).is_some_and(|name| name.starts_with(".rodata"));
        for (index, segment) in sections.segments.iter().enumerate().filter(|(index, _)| is_constant(*index))
        {
            let size = u32::try_from(segment.bytes.len())?;
            let end =
                segment.address.checked_add(size).with_context(|| format!("segment {index} is too long"))?;
            placed.constant_memory.push(segment.address..end);
        }
        for symbol in &sections.symbols {
            let symbol = match symbol {
                SymbolInfo::Func { index, .. } => Symbol::Function(*index),
                SymbolInfo::Data { flags, symbol: Some(data), .. }
                    if flags.contains(SymbolFlags::ABSOLUTE) =>
                {
                    Symbol::Data(data.offset, None)
                }
                SymbolInfo::Data { symbol: Some(data), .. } => {
                    let index = usize::try_from(data.index)?;
                    let segment = sections.segments.get(index).context("a symbol is in no segment")?;
                    let start = segment.address.saturating_add(data.offset);
                    let item = is_constant(index).then(|| {
                        placed.constants.push(start..start.saturating_add(data.size));
                        Item::Constant(placed.constants.len().saturating_sub(1))
                    });
                    Symbol::Data(start, item)
                }
                _ => Symbol::Other,
            };
            placed.symbols.push(symbol);
        }
        Ok(placed)
    }
}
