//! What a linked module consists of and what refers to what, from the linker's relocations and symbols.
//!
//! Source: <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

mod bytes;
mod item;
mod relocations;
mod sections;
mod symbols;

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasmparser::{Operator, SymbolInfo};

pub use item::Item;
pub use relocations::Pointer;
use relocations::Relocation;
use sections::Sections;
use symbols::Placed;

/// A linked module.
#[derive(Debug, Default)]
pub struct Object {
    /// The bodies of the functions that are not imported, and the items that each refers to.
    pub functions: BTreeMap<u32, Vec<Item>>,
    /// The functions that are exported, by name.
    pub exports: BTreeMap<String, u32>,
    /// The names of the functions, mangled.
    pub names: BTreeMap<u32, String>,
    /// The function of each entry of the table.
    pub table: BTreeMap<u32, u32>,
    /// Addresses and contents of the data segments.
    pub segments: Vec<(u32, Vec<u8>)>,
    /// Data that the module does not change.
    pub constants: Vec<Constant>,
    /// The memory of the segments that hold only constants.
    pub constant_memory: Vec<Range<u32>>,
    /// Items to which data outside [`constants`](Self::constants) refers: variables, and constant data without a symbol. They
    /// are always reachable.
    pub data_roots: Vec<Item>,
    /// Where the file has addresses of table entries.
    pub pointers: Vec<Pointer>,
    /// The end of the stack, which is the first part of the memory.
    pub stack_end: u32,
}

/// A symbol of constant data.
#[derive(Debug)]
pub struct Constant {
    /// Its memory.
    pub memory: Range<u32>,
    /// The items that it refers to.
    pub references: Vec<Item>,
}

impl Object {
    /// Reads a module that was linked with `--emit-relocs` and not stripped.
    ///
    /// # Errors
    /// The bytes are no such module, or its relocations contradict its code or data.
    pub fn parse(wasm: &[u8]) -> Result<Self> {
        let sections = Sections::parse(wasm)?;
        ensure!(
            !sections.symbols.is_empty() && !sections.code_relocations.is_empty(),
            "the module has no relocations: link it with --emit-relocs, and do not strip it"
        );
        let placed = Placed::of(&sections)?;
        let relocations = relocations::read(wasm, &sections, &placed)?;
        let functions = functions(&sections, &relocations)?;
        let mut constants: Vec<_> = placed
            .constants
            .iter()
            .map(|memory| Constant { memory: memory.clone(), references: Vec::new() })
            .collect();
        let mut data_roots = Vec::new();
        for Relocation { address, item } in &relocations.in_data {
            let holders = constants.iter_mut().filter(|constant| constant.memory.contains(address));
            let mut is_held = false;
            for constant in holders {
                constant.references.push(*item);
                is_held = true;
            }
            if !is_held {
                data_roots.push(*item);
            }
        }
        let stack_end = *sections.globals.first().context("the module has no stack pointer")?;
        ensure!(
            sections.segments.iter().all(|segment| segment.address >= stack_end),
            "the stack does not come first in memory: link the module with --stack-first"
        );
        Ok(Self {
            functions,
            names: names(&sections),
            exports: sections.exports,
            table: sections.table,
            segments: sections.segments.iter().map(|it| (it.address, it.bytes.to_vec())).collect(),
            constants,
            constant_memory: placed.constant_memory,
            data_roots,
            pointers: relocations.pointers,
            stack_end,
        })
    }
}

fn names(sections: &Sections<'_>) -> BTreeMap<u32, String> {
    let names = sections.symbols.iter().filter_map(|symbol| match symbol {
        SymbolInfo::Func { index, name: Some(name), .. } => Some((*index, (*name).to_owned())),
        _ => None,
    });
    names.collect()
}

/// Collects what each function refers to.
fn functions(
    sections: &Sections<'_>,
    relocations: &relocations::Relocations,
) -> Result<BTreeMap<u32, Vec<Item>>> {
    let mut functions = BTreeMap::new();
    let mut references = relocations.in_code.iter().peekable();
    for (body, index) in sections.bodies.iter().zip(sections.imported..) {
        let mut items = Vec::new();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index }
                | Operator::ReturnCall { function_index }
                | Operator::RefFunc { function_index } => items.push(Item::Function(function_index)),
                _ => {}
            }
        }
        while let Some((at, item)) = references.next_if(|(at, _)| *at < body.range().end) {
            ensure!(*at >= body.range().start, "a relocation at {at} is in no function");
            items.push(*item);
        }
        functions.insert(index, items);
    }
    ensure!(references.next().is_none(), "a relocation comes after the last function");
    Ok(functions)
}
