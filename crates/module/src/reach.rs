//! Finds what a module can reach from its exports and its variables.
//!
//! A linker does the same before it places functions and data. Afterward, two things change what is reachable: exports go,
//! and the configuration step of a specialized module goes. A garbage collector that sees only the module keeps every
//! function in the table, because code calls functions in it by number, and all data.

use std::collections::BTreeSet;

use crate::object::{Item, Object};

/// What is not a reference, whatever the linker says.
#[derive(Debug, Default)]
pub struct Exceptions {
    /// Functions without a body.
    pub emptied: BTreeSet<u32>,
    /// References in constants that nothing follows: the constant and the function.
    pub uncalled: BTreeSet<(usize, u32)>,
}

/// What a module can reach.
#[derive(Debug, Default)]
pub struct Reached(BTreeSet<Item>);

impl Reached {
    /// Follows all references from these roots.
    pub fn from(object: &Object, roots: impl IntoIterator<Item = Item>, exceptions: &Exceptions) -> Self {
        let Exceptions { emptied, uncalled } = exceptions;
        let mut reached = BTreeSet::new();
        let mut open: Vec<_> = roots.into_iter().collect();
        while let Some(item) = open.pop() {
            if !reached.insert(item) {
                continue;
            }
            match item {
                Item::Function(function) if emptied.contains(&function) => {}
                Item::Function(function) => {
                    open.extend(object.functions.get(&function).into_iter().flatten())
                }
                Item::Constant(position) => {
                    let references = object.constants.get(position).into_iter().flat_map(|it| &it.references);
                    let is_uncalled = |item: &Item| {
                        item.function().is_some_and(|function| uncalled.contains(&(position, function)))
                    };
                    open.extend(references.filter(|item| !is_uncalled(item)));
                }
            }
        }
        Self(reached)
    }

    /// Returns whether an item is reachable.
    pub fn contains(&self, item: Item) -> bool {
        self.0.contains(&item)
    }
}
