//! Removes the methods of proxy-wasm's contexts that nothing calls.
//!
//! proxy-wasm keeps contexts as trait objects, whose tables refer to every method of the traits: to those that the host's
//! callbacks call, and to some forty more with which a context would call the host. The layer calls the host itself and
//! keeps the contexts to itself, so these are never called. The linker cannot know this; they were a tenth of a module.

use std::collections::BTreeSet;

use rustc_demangle::demangle;
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// How the methods begin that proxy-wasm's dispatcher calls.
const CALLED: [&str; 3] = ["on_", "create_", "get_type"];

/// Replaces the bodies of methods that nothing calls by a trap, so that what only they use can be collected.
pub(super) fn stub(module: &mut Module) {
    let uncalled = |name: &str| {
        let name = format!("{:#}", demangle(name));
        let method = name.rsplit("::").next().unwrap_or_default();
        name.contains("proxy_wasm::traits::") && !CALLED.iter().any(|called| method.starts_with(called))
    };
    let is_uncalled = |function: &walrus::Function| function.name.as_deref().is_some_and(uncalled);
    let (inside, others): (Vec<_>, Vec<_>) =
        module.funcs.iter().filter(|function| is_local(function)).partition(|function| is_uncalled(function));
    // The compiler merges functions with equal bodies, so one of these may stand for a function that is called.
    let mut called = Callees::default();
    for function in others {
        if let FunctionKind::Local(local) = &function.kind {
            dfs_in_order(&mut called, local, local.entry_block());
        }
    }
    let ids: Vec<_> =
        inside.iter().map(|function| function.id()).filter(|id| !called.0.contains(id)).collect();
    for id in ids {
        let trap = trap(module, id);
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap);
    }
}

fn is_local(function: &walrus::Function) -> bool {
    matches!(function.kind, FunctionKind::Local(_))
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
