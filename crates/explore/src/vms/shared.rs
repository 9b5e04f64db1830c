//! The host's shared data.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::hash::hash;

/// Keys, values and the number of each value's last write, which is never 0.
#[derive(Clone, Default)]
pub(super) struct Shared {
    values: Rc<Vec<Entry>>,
    /// The hash of the keys and values, without the numbers.
    hash: u64,
}

type Entry = (Rc<[u8]>, Rc<[u8]>, u32);

impl Shared {
    /// Returns a value and its number. Absent keys have 0.
    pub(super) fn read(&self, key: &[u8]) -> (Option<Rc<[u8]>>, u32) {
        match self.values.iter().find(|(other, ..)| **other == *key) {
            Some((_, value, version)) => (Some(Rc::clone(value)), *version),
            None => (None, 0),
        }
    }

    /// Writes a value, as Envoy does: unconditionally without a version, or to an absent key.
    pub(super) fn write(&mut self, key: &Rc<[u8]>, value: Rc<[u8]>, version: Option<u32>) -> bool {
        let current = self.read(key).1;
        if version.is_some_and(|version| current != 0 && version != current) {
            return false;
        }
        let values = Rc::make_mut(&mut self.values);
        match values.iter_mut().find(|(other, ..)| other == key) {
            Some((_, old, version)) => (*old, *version) = (value, current + 1),
            None => {
                values.push((Rc::clone(key), value, 1));
                values.sort_unstable();
            }
        }
        self.hash = hash(&values.iter().map(|(key, value, _)| (key, value)).collect::<Vec<_>>());
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.values.iter().map(|(key, value, _)| (&**key, &**value))
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.hash.hash(hasher);
    }
}
