//! What a search goes through.

use std::fmt::Display;
use std::hash::Hash;

/// A state of the host and its machines.
pub trait State: Clone + Hash {
    /// What happens between two states. It prints as a sentence.
    type Step: Display;

    /// Returns all possible next states.
    fn next(&self) -> Vec<(Self::Step, Self)>;

    /// Returns what is wrong, if anything.
    fn wrong(&self) -> Option<&'static str>;

    /// Returns whether machines have done what could be wrong. A search that meets no such state shows nothing.
    fn has_effect(&self) -> bool;
}
