//! Hashes of states.

use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) fn hash(state: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
