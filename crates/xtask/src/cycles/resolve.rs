//! Resolves paths to definitions.

use std::path::PathBuf;

use super::module::{Module, Modules};

/// The most imports to follow for one path.
const LONGEST_CHAIN: usize = 20;

/// What a path resolves to.
enum Target<'a> {
    Module(&'a Module),
    /// The name of an item, and the module that defines it.
    Item(&'a Module, String),
}

/// Returns the file that defines what a path in a module resolves to, and its name there. `None` for modules, and for
/// what other crates define.
pub(super) fn definition(modules: &Modules, from: &Module, path: &[String]) -> Option<(PathBuf, String)> {
    match follow(modules, from, path, LONGEST_CHAIN)? {
        Target::Module(_) => None,
        Target::Item(module, name) => Some((module.file.clone(), name)),
    }
}

fn follow<'a>(modules: &'a Modules, from: &'a Module, path: &[String], chain: usize) -> Option<Target<'a>> {
    let mut target = Target::Module(from);
    for segment in path {
        let Target::Module(module) = target else { break };
        target = match segment.as_str() {
            "crate" => Target::Module(modules.get(&[])?),
            "self" => Target::Module(module),
            "super" => Target::Module(modules.get(module.path.split_last()?.1)?),
            name => lookup(modules, module, name, chain.checked_sub(1)?)?,
        };
    }
    Some(target)
}

/// Resolves a name in a module.
fn lookup<'a>(modules: &'a Modules, module: &'a Module, name: &str, chain: usize) -> Option<Target<'a>> {
    if module.items.contains(name) {
        return Some(Target::Item(module, name.to_owned()));
    }
    let child = [module.path.as_slice(), &[name.to_owned()]].concat();
    if let Some(child) = modules.get(&child) {
        return Some(Target::Module(child));
    }
    if let Some(path) = module.imports.get(name) {
        return follow(modules, module, path, chain);
    }
    module.globs.iter().find_map(|glob| match follow(modules, module, glob, chain)? {
        Target::Module(of_glob) if of_glob.path != module.path => {
            lookup(modules, of_glob, name, chain.checked_sub(1)?)
        }
        _ => None,
    })
}
