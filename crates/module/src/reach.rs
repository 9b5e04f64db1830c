//! Finds what a module can reach from its exports and its variables.
//!
//! A linker does the same before it places functions and data. Afterward, two things change what is reachable: exports go,
//! and the configuration step of a specialized module goes. A garbage collector that sees only the module keeps every
//! function in the table, because code calls functions in it by number, and all data.

use std::collections::BTreeSet;

use crate::object::{Item, Object};

/// References that the linker wrote and that are not followed.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    /// Functions whose bodies are replaced with a trap.
    pub(crate) emptied: BTreeSet<u32>,
    /// Pointers in constants that nothing calls: the constant and the function.
    pub(crate) uncalled: BTreeSet<(usize, u32)>,
}

/// What a module can reach.
#[derive(Debug, Default)]
pub(crate) struct Reached(BTreeSet<Item>);

impl Reached {
    /// Follows all references from these roots.
    pub(crate) fn from(
        object: &Object,
        roots: impl IntoIterator<Item = Item>,
        exceptions: &Exceptions,
    ) -> Self {
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
    pub(crate) fn contains(&self, item: Item) -> bool {
        self.0.contains(&item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Constant;
    use Item::{Constant as Data, Function as Code};

    /// Function 1 calls 2, which refers to constant 0, which refers to 3 and 4. Nothing refers to 5.
    fn object() -> Object {
        Object {
            functions: [(1, vec![Code(2)]), (2, vec![Data(0)]), (3, vec![]), (4, vec![Code(1)]), (5, vec![])]
                .into(),
            constants: vec![Constant { memory: 0..8, references: vec![Code(3), Code(4)] }],
            ..Object::default()
        }
    }

    fn reached(roots: &[Item], exceptions: &Exceptions) -> Vec<Item> {
        let reached = Reached::from(&object(), roots.iter().copied(), exceptions);
        reached.0.into_iter().collect()
    }

    #[test]
    fn references_are_followed_through_code_and_data() {
        let all = [Code(1), Code(2), Code(3), Code(4), Data(0)];
        assert_eq!(reached(&[Code(1)], &Exceptions::default()), all);
        assert_eq!(reached(&[Data(0)], &Exceptions::default()), all);
        assert_eq!(reached(&[Code(3)], &Exceptions::default()), [Code(3)]);
    }

    #[test]
    fn emptied_functions_and_uncalled_references_lead_nowhere() {
        let emptied = Exceptions { emptied: [2].into(), ..Exceptions::default() };
        assert_eq!(reached(&[Code(1)], &emptied), [Code(1), Code(2)]);
        let uncalled = Exceptions { uncalled: [(0, 4)].into(), ..Exceptions::default() };
        assert_eq!(reached(&[Code(2)], &uncalled), [Code(2), Code(3), Data(0)]);
    }
}
