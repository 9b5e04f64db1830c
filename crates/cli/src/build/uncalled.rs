//! Removes the methods of proxy-wasm's contexts that nothing calls.
//!
//! proxy-wasm keeps contexts as trait objects, whose tables refer to every method of the traits: to those that the host's
//! callbacks call, and to some forty more with which a context would call the host. The layer calls the host itself and
//! keeps the contexts to itself, so nothing calls these. The linker cannot know this; they were a tenth of a module.

use std::collections::{BTreeMap, BTreeSet};

use rustc_demangle::demangle;
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// How the names of context methods begin that proxy-wasm's dispatcher calls.
const CALLED: [&str; 3] = ["on_", "create_", "get_type"];

/// Replaces methods that nothing calls by traps, so that what only they use can be collected.
pub(super) fn stub(module: &mut Module) {
    let names: BTreeMap<FunctionId, String> = module
        .funcs
        .iter()
        .filter_map(|function| Some((function.id(), format!("{:#}", demangle(function.name.as_ref()?)))))
        .collect();
    let is_method = |id: &FunctionId| names.get(id).is_some_and(|name| is_uncalled_method(name));
    // The compiler merges functions with equal bodies, so one of these may stand for a function that is called.
    let mut called = Callees::default();
    for (_, function) in module.funcs.iter_local().filter(|(id, _)| !is_method(id)) {
        dfs_in_order(&mut called, function, function.entry_block());
    }
    for (id, name) in &names {
        if is_uncalled_method(name) && !called.0.contains(id) {
            let trap = trap(module, *id);
            module.funcs.get_mut(*id).kind = FunctionKind::Local(trap);
        }
    }
}

/// Returns whether this is a method of proxy-wasm's contexts that its dispatcher does not call.
fn is_uncalled_method(name: &str) -> bool {
    let method = name.rsplit("::").next().unwrap_or_default();
    name.contains("proxy_wasm::traits::") && !CALLED.iter().any(|called| method.starts_with(called))
}

/// Builds a function of the same type that traps.
fn trap(module: &mut Module, like: FunctionId) -> LocalFunction {
    let ty = module.types.get(module.funcs.get(like).ty());
    let (parameters, results) = (ty.params().to_vec(), ty.results().to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    builder.func_body().unreachable();
    builder.local_func(parameters.iter().map(|ty| module.locals.add(*ty)).collect())
}

/// The functions that are called directly.
#[derive(Default)]
struct Callees(BTreeSet<FunctionId>);

impl Visitor<'_> for Callees {
    fn visit_call(&mut self, call: &Call) {
        self.0.insert(call.func);
    }
}

#[cfg(test)]
mod tests {
    use walrus::{ConstExpr, ElementItems, ElementKind, RefType, ir::Value};

    use super::*;

    /// Returns the functions that are left in a table of these, of which the last calls the first.
    fn left(names: &[&str]) -> Vec<String> {
        let mut module = Module::default();
        let mut ids = Vec::new();
        for name in names {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
            builder.name((*name).to_owned());
            if let (true, Some(first)) = (name == names.last().unwrap(), ids.first()) {
                builder.func_body().call(*first);
            }
            ids.push(builder.finish(Vec::new(), &mut module.funcs));
        }
        let table = module.tables.add_local(false, 9, None, RefType::FUNCREF);
        let start = ConstExpr::Value(Value::I32(0));
        module.elements.add(ElementKind::Active { table, offset: start }, ElementItems::Functions(ids));
        stub(&mut module);
        let is_left = |function: &&walrus::Function| match &function.kind {
            FunctionKind::Local(local) => !matches!(
                local.block(local.entry_block()).instrs.first(),
                Some((walrus::ir::Instr::Unreachable(_), _))
            ),
            _ => true,
        };
        module.funcs.iter().filter(is_left).filter_map(|function| function.name.clone()).collect()
    }

    #[test]
    fn only_methods_that_nothing_calls_are_replaced() {
        let called = "proxy_wasm::traits::Context::set_property";
        let kept = [called, "proxy_wasm::traits::HttpContext::on_log", "my_filter::get_property", "caller"];
        assert_eq!(left(&kept), kept);
        let uncalled = "proxy_wasm::traits::Context::get_property";
        assert_eq!(left(&[kept[1], uncalled, "caller"]), [kept[1], "caller"]);
    }
}
