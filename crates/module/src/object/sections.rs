//! The sections of a linked module.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, FunctionBody, KnownCustom, Operator, Parser, Payload,
    RelocationEntry, SymbolInfo, TypeRef,
};

/// The sections of a module that matter here.
#[derive(Default)]
pub(super) struct Sections<'a> {
    pub(super) imported: u32,
    pub(super) exports: BTreeMap<String, u32>,
    pub(super) table: BTreeMap<u32, u32>,
    pub(super) globals: Vec<u32>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) code_start: usize,
    pub(super) data_start: usize,
    pub(super) segments: Vec<Segment<'a>>,
    pub(super) segment_names: Vec<&'a str>,
    pub(super) symbols: Vec<SymbolInfo<'a>>,
    pub(super) code_relocations: Vec<RelocationEntry>,
    pub(super) data_relocations: Vec<RelocationEntry>,
}

/// A data segment.
pub(super) struct Segment<'a> {
    pub(super) address: u32,
    pub(super) bytes: &'a [u8],
    /// Where its bytes begin in the file.
    pub(super) start: usize,
}

impl<'a> Sections<'a> {
    pub(super) fn parse(wasm: &'a [u8]) -> Result<Self> {
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
                        bail!("the module has element segments of an unsupported kind");
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
                        bail!("the module has passive data segments, which are not supported");
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
        other => bail!("{other:?} is not a constant"),
    }
}
