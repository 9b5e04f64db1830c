//! Finds what a module can reach from its exports and its variables.
//!
//! A linker does the same before it places functions and data. Afterward, two things change what is reachable: exports go,
//! and the configuration step of a specialized module goes. A garbage collector that sees only the module keeps every
//! function in the table, because code calls functions in it by number, and all data.

use std::collections::BTreeSet;

use crate::object::{Item, Object};

/// What a module can reach.
#[derive(Debug, Default)]
pub struct Reached(BTreeSet<Item>);

impl Reached {
    /// Follows all references from these roots. Takes the functions in `emptied` for functions without a body.
    pub fn from(object: &Object, roots: impl IntoIterator<Item = Item>, emptied: &BTreeSet<u32>) -> Self {
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
                Item::Constant(index) => {
                    open.extend(object.constants.get(index).into_iter().flat_map(|it| &it.references));
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
