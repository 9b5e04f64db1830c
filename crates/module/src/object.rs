//! What a linked module consists of and what refers to what, from the linker's relocations and symbols.
//!
//! Source: <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

mod bytes;
mod relocations;
mod symbols;

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, FunctionBody, KnownCustom, Operator, Parser, Payload,
    SymbolInfo, TypeRef,
};

pub use relocations::Pointer;
use relocations::Relocation;
use symbols::Placed;

/// A function, or a symbol of constant data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// The function with this index.
    Function(u32),
    /// The symbol with this position in [`Object::constants`].
    Constant(usize),
}

impl Item {
    /// Returns the index of a function.
    pub fn function(self) -> Option<u32> {
        match self {
            Self::Function(function) => Some(function),
            Self::Constant(_) => None,
        }
    }
}

/// A linked module.
#[derive(Debug)]
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
    /// Items that data refers to which the module may change.
    pub in_variables: Vec<Item>,
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

/// The sections of a module that matter here.
#[derive(Default)]
struct Sections<'a> {
    imported: u32,
    exports: BTreeMap<String, u32>,
    table: BTreeMap<u32, u32>,
    globals: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    code_start: usize,
    data_start: usize,
    segments: Vec<Segment<'a>>,
    segment_names: Vec<&'a str>,
    symbols: Vec<SymbolInfo<'a>>,
    code_relocations: Vec<wasmparser::RelocationEntry>,
    data_relocations: Vec<wasmparser::RelocationEntry>,
}

/// A data segment.
struct Segment<'a> {
    address: u32,
    bytes: &'a [u8],
    /// Where its bytes begin in the file.
    start: usize,
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
        let mut in_variables = Vec::new();
        for Relocation { address, item, .. } in &relocations.in_data {
            let holders = constants.iter_mut().filter(|constant| constant.memory.contains(address));
            let mut is_held = false;
            for constant in holders {
                constant.references.push(*item);
                is_held = true;
            }
            if !is_held {
                in_variables.push(*item);
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
            in_variables,
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
    ensure!(references.next().is_none(), "a relocation is behind the last function");
    Ok(functions)
}

impl<'a> Sections<'a> {
    fn parse(wasm: &'a [u8]) -> Result<Self> {
        let mut sections = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            sections.add(payload?)?;
        }
        Ok(sections)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, TypeRef::Func(_)) {
                        self.imported = self.imported.saturating_add(1);
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    ensure!(global.ty.mutable, "the module has a constant global, which is not supported");
                    self.globals.push(constant(&global.init_expr)?);
                }
                ensure!(self.globals.len() == 1, "the module has globals besides the stack pointer");
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == wasmparser::ExternalKind::Func {
                        self.exports.insert(export.name.into(), export.index);
                    }
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    let element = element?;
                    let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions)) =
                        (element.kind, element.items)
                    else {
                        anyhow::bail!("the module has element segments of an unsupported kind");
                    };
                    for (function, entry) in functions.into_iter().zip(constant(&offset_expr)?..) {
                        self.table.insert(entry, function?);
                    }
                }
            }
            Payload::CodeSectionStart { range, .. } => self.code_start = range.start,
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(data) => {
                self.data_start = data.range().start;
                for data in data {
                    let data = data?;
                    let DataKind::Active { offset_expr, .. } = data.kind else {
                        anyhow::bail!("the module has passive data segments, which are not supported");
                    };
                    let start = data.range.end.saturating_sub(data.data.len());
                    self.segments.push(Segment { address: constant(&offset_expr)?, bytes: data.data, start });
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(linking) => self.add_linking(linking)?,
                KnownCustom::Reloc(relocations) => {
                    let entries = relocations.entries().into_iter().collect::<Result<_, _>>()?;
                    match section.name() {
                        "reloc.CODE" => self.code_relocations = entries,
                        "reloc.DATA" => self.data_relocations = entries,
                        _ => {}
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn add_linking(&mut self, linking: wasmparser::LinkingSectionReader<'a>) -> Result<()> {
        for subsection in linking.subsections() {
            match subsection? {
                wasmparser::Linking::SegmentInfo(segments) => {
                    for segment in segments {
                        self.segment_names.push(segment?.name);
                    }
                }
                wasmparser::Linking::SymbolTable(symbols) => {
                    self.symbols = symbols.into_iter().collect::<Result<_, _>>()?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Evaluates the offset of a segment, or the value of a global.
fn constant(expression: &ConstExpr<'_>) -> Result<u32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value.cast_unsigned()),
        other => anyhow::bail!("{other:?} is not a constant"),
    }
}
