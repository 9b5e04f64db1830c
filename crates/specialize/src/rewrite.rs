//! Writes the specialized module.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use proxy_filter::specialize::Phase;
use proxy_filter_module::object::{Item, Object};
use proxy_filter_module::reach::Reached;
use proxy_filter_module::{config, exports, finish};
use walrus::ir::{Instr, InstrLocId, Unreachable, Value};
use walrus::{ConstExpr, DataKind, ElementItems, ExportItem, FunctionId, FunctionKind, Module};

use crate::PLAN;
use crate::image::Image;

/// Writes a module that begins with this memory, has only the needed phases, and lacks what it cannot reach from them and
/// from `roots`.
///
/// # Errors
/// The linked module is not as `object` describes it.
pub(crate) fn rewrite(
    linked: &[u8],
    object: &Object,
    image: Image,
    roots: BTreeSet<Item>,
    needed: u32,
) -> Result<Vec<u8>> {
    let mut module = config().parse(linked)?;
    let indices = indices(&module, object)?;
    let plan = module.exports.get_func(PLAN)?;
    exports::keep_registered(&mut module)?;
    let mut emptied = methods(object, &remove_phases(&mut module, needed));
    emptied.extend(indices.get(&plan));
    for (function, index) in &indices {
        if emptied.contains(index) {
            empty(&mut module, *function)?;
        }
    }

    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(function) => indices.get(&function).copied(),
        _ => None,
    });
    let roots = exported.map(Item::Function).chain(roots);
    let reached = Reached::from(object, roots, &emptied);
    let is_reached = |function: &FunctionId| {
        indices.get(function).is_some_and(|index| reached.contains(Item::Function(*index)))
    };
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            // Nothing calls these entries.
            functions
                .iter_mut()
                .filter(|function| !is_reached(function))
                .for_each(|function| *function = plan);
        }
    }
    let image = image.without_constants(object, |position| reached.contains(Item::Constant(position)));
    replace_memory(&mut module, &image)?;
    finish(&mut module);
    Ok(module.emit_wasm())
}

/// Returns the index of each function. walrus keeps their order.
fn indices(module: &Module, object: &Object) -> Result<BTreeMap<FunctionId, u32>> {
    let indices: BTreeMap<_, _> = module.funcs.iter().map(walrus::Function::id).zip(0_u32..).collect();
    for (name, index) in &object.exports {
        ensure!(indices.get(&module.exports.get_func(name)?) == Some(index), "{name} has another index");
    }
    Ok(indices)
}

/// Removes the callbacks of phases that are not needed, unless they belong to one that is. Returns their names.
fn remove_phases(module: &mut Module, needed: u32) -> BTreeSet<&'static str> {
    let of_phases = |is_needed: bool| {
        let phases = Phase::all().filter(move |phase| phase.is_in(needed) == is_needed);
        phases.flat_map(Phase::callbacks).collect::<BTreeSet<_>>()
    };
    let (wanted, unwanted) = (of_phases(true), of_phases(false));
    let is_unwanted = |name: &str| unwanted.contains(name) && !wanted.contains(name);
    let removed = module.exports.iter().filter(|export| is_unwanted(&export.name));
    let removed: Vec<_> = removed.map(walrus::Export::id).collect();
    removed.into_iter().for_each(|export| module.exports.delete(export));
    unwanted.difference(&wanted).copied().collect()
}

macro_rules! of_callbacks {
    (
        plugin { $($plugin:tt)* }
        $($protocol:ident { $($(#[$doc:meta])+ $Callback:ident $arguments:tt = $export:ident ($method:ident => $($entry:tt)*);)+ })+
    ) => {
        /// The methods that proxy-wasm's dispatcher calls for each callback.
        const METHODS: &[(&str, &str)] = &[$($((stringify!($export), stringify!($method)),)+)+];
    };
}
proxy_filter::__callbacks!(of_callbacks);

/// Returns the functions that only these callbacks call. They are in tables of methods that other callbacks use, so they
/// would seem to be reachable.
fn methods(object: &Object, callbacks: &BTreeSet<&str>) -> BTreeSet<u32> {
    // A mangled name has each part of the path with its length.
    let methods = METHODS.iter().filter(|(callback, _)| callbacks.contains(callback));
    let parts: Vec<_> = methods.map(|(_, method)| format!("{}{method}", method.len())).collect();
    let is_method = |name: &&str| parts.iter().any(|part| name.contains(part));
    let names = object.names.iter().map(|(index, name)| (*index, name.as_str()));
    names.filter(|(_, name)| is_method(name)).map(|(index, _)| index).collect()
}

/// Makes a function trap.
fn empty(module: &mut Module, function: FunctionId) -> Result<()> {
    let FunctionKind::Local(function) = &mut module.funcs.get_mut(function).kind else {
        anyhow::bail!("{PLAN} is imported");
    };
    let entry = function.entry_block();
    function.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
    Ok(())
}

fn replace_memory(module: &mut Module, image: &Image) -> Result<()> {
    let memory = module.memories.iter_mut().next().context("the module has no memory")?;
    memory.initial = image.pages();
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
