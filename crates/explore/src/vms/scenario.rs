//! What is explored.

use std::hash::Hash;

use super::{Vm, World};

/// What machines do, and what must be true of it.
pub trait Scenario {
    /// What a machine reports.
    type Event: Clone + Ord + Hash + 'static;

    /// Runs the program of a machine from its beginning. A call of the host fails if the machine waits for its next turn: the
    /// rest of the run does not count, and the program may return `None`. It must not return `None` for any other reason.
    fn run(&self, program: usize, vm: &Vm<Self::Event>) -> Option<()>;

    /// Returns what is wrong in a state, if anything.
    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str>;

    /// The nanoseconds by which the clock may jump.
    fn jumps(&self) -> &[u64] {
        &[]
    }

    /// The nanoseconds by which a read of the clock may lag.
    fn lags(&self) -> &[u64] {
        &[0]
    }

    /// The program that must have ended before this one starts, as a worker waits for Envoy's canary.
    fn starts_after(&self, _program: usize) -> Option<usize> {
        None
    }

    /// Whether the host compares before it swaps.
    fn compares(&self) -> bool {
        true
    }
}
