//! The modules of a crate, with their names and references.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A path's segments as written, or a module's path from the crate's root.
pub(super) type Segments = Vec<String>;

/// A module, in a file of its own or inline.
#[derive(Default)]
pub(super) struct Module {
    pub(super) path: Segments,
    pub(super) file: PathBuf,
    /// The names that the module defines.
    pub(super) items: BTreeSet<String>,
    /// The names that the module imports or re-exports, with their paths.
    pub(super) imports: BTreeMap<String, Segments>,
    /// The paths of its glob imports.
    pub(super) globs: Vec<Segments>,
    /// The paths that its code uses.
    pub(super) references: Vec<Segments>,
}

/// The modules of a crate by path. The root's path is empty.
#[derive(Default)]
pub(super) struct Modules(BTreeMap<Segments, Module>);

impl Modules {
    pub(super) fn add(&mut self, module: Module) {
        self.0.insert(module.path.clone(), module);
    }

    pub(super) fn get(&self, path: &[String]) -> Option<&Module> {
        self.0.get(path)
    }

    pub(super) fn root_mut(&mut self) -> Option<&mut Module> {
        self.0.get_mut(&Vec::new())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Module> {
        self.0.values()
    }
}
