//! A module on its way from the linker to shipping.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use walrus::ir::{Instr, InstrLocId, Unreachable, Value};
use walrus::{
    ConstExpr, DataKind, ElementItems, ExportItem, FunctionBuilder, FunctionId, FunctionKind, Module,
    ModuleConfig,
};

use crate::image::Image;
use crate::object::{Item, Object};
use crate::reach::{Exceptions, Reached};
use crate::{exports, methods};

/// A linked module, reduced to the exports that its filter registers.
pub struct Draft {
    object: Object,
    module: Module,
    /// The index of each function in `object`.
    indices: BTreeMap<FunctionId, u32>,
}

impl Draft {
    /// Reads a linked module.
    ///
    /// # Errors
    /// The bytes are no such module, or the module registers no filter.
    pub fn new(linked: &[u8]) -> Result<Self> {
        let object = Object::parse(linked)?;
        let mut config = ModuleConfig::new();
        let mut module =
            config.generate_name_section(false).generate_producers_section(false).parse(linked)?;
        // walrus keeps the order of functions.
        let indices: BTreeMap<_, _> = module.funcs.iter().map(walrus::Function::id).zip(0_u32..).collect();
        for (name, index) in &object.exports {
            ensure!(
                indices.get(&module.exports.get_func(name)?) == Some(index),
                "{name} has another index in walrus"
            );
        }
        exports::keep_registered(&mut module)?;
        Ok(Self { object, module, indices })
    }

    /// Returns what refers to what in the linked module.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Removes exports.
    pub fn remove_exports(&mut self, is_unwanted: impl Fn(&str) -> bool) {
        let unwanted = self.module.exports.iter().filter(|export| is_unwanted(&export.name));
        let unwanted: Vec<_> = unwanted.map(walrus::Export::id).collect();
        unwanted.into_iter().for_each(|export| self.module.exports.delete(export));
    }

    /// Writes the module with this memory, without what it cannot reach from its exports and from `roots`. The functions in
    /// `emptied` trap.
    ///
    /// # Errors
    /// The module lacks a memory, or a function in `emptied` is imported.
    pub fn finish(
        mut self,
        roots: impl IntoIterator<Item = Item>,
        image: Image,
        emptied: BTreeSet<u32>,
    ) -> Result<Vec<u8>> {
        let names: BTreeSet<_> = self.module.exports.iter().map(|export| export.name.clone()).collect();
        let exceptions = Exceptions { emptied, uncalled: methods::uncalled(&self.object, &names) };
        let exported = self.module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(function) => self.indices.get(&function).copied(),
            _ => None,
        });
        let roots = exported.map(Item::Function).chain(roots);
        let reached = Reached::from(&self.object, roots, &exceptions);
        for (function, _) in self.indices.iter().filter(|(_, index)| exceptions.emptied.contains(index)) {
            empty(&mut self.module, *function)?;
        }
        self.replace_unreached(&reached);
        let image =
            image.without_constants(&self.object, |position| reached.contains(Item::Constant(position)));
        replace_memory(&mut self.module, &image)?;
        walrus::passes::gc::run(&mut self.module);
        self.remove_sections();
        Ok(self.module.emit_wasm())
    }

    /// Replaces unreachable functions in the table with one that traps.
    fn replace_unreached(&mut self, reached: &Reached) {
        let is_reached = |function: &FunctionId| {
            self.indices.get(function).is_some_and(|index| reached.contains(Item::Function(*index)))
        };
        let mut trap = FunctionBuilder::new(&mut self.module.types, &[], &[]);
        trap.func_body().unreachable();
        let trap = trap.finish(Vec::new(), &mut self.module.funcs);
        for element in self.module.elements.iter_mut() {
            if let ElementItems::Functions(functions) = &mut element.items {
                functions.iter_mut().filter(|it| !is_reached(it)).for_each(|it| *it = trap);
            }
        }
    }

    /// Removes the sections of the linker.
    fn remove_sections(&mut self) {
        let of_linker = |name: &str| name == "linking" || name.starts_with("reloc.");
        let unwanted = self.module.customs.iter().filter(|(_, custom)| of_linker(custom.name()));
        let unwanted: Vec<_> = unwanted.map(|(id, _)| id).collect();
        for id in unwanted {
            self.module.customs.delete(id);
        }
    }
}

/// Makes a function trap.
fn empty(module: &mut Module, function: FunctionId) -> Result<()> {
    let FunctionKind::Local(function) = &mut module.funcs.get_mut(function).kind else {
        anyhow::bail!("a function to empty is imported");
    };
    let entry = function.entry_block();
    function.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
    Ok(())
}

fn replace_memory(module: &mut Module, image: &Image) -> Result<()> {
    let memory = module.memories.iter_mut().next().context("the module has no memory")?;
    memory.initial = memory.initial.max(image.pages());
    let segments = std::mem::take(&mut memory.data_segments);
    let memory = memory.id();
    segments.into_iter().for_each(|segment| module.data.delete(segment));
    for (address, bytes) in image.segments() {
        let offset = ConstExpr::Value(Value::I32(address.cast_signed()));
        let segment = module.data.add(DataKind::Active { memory, offset }, bytes.to_vec());
        module.memories.get_mut(memory).data_segments.insert(segment);
    }
    Ok(())
}
