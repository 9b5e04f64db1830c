//! Tries every interleaving of a few workers that run the code of filters. For tests.
//!
//! A state that was visited is kept as 64 bits of its hash. Two of a million states have the same hash with a probability of
//! one in 37 million; then one of them is not looked at.
//!
//! stateright would bring its own packages, and it cannot run a filter's code up to the next hostcall ([`vms`]). loom and shuttle
//! interleave threads at locks and atomics: workers have neither, they share a host's compare-and-swap.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

pub mod bound;
mod hash;
mod search;
mod state;
pub mod vms;

pub use search::{Counterexample, Found, expect_right, explore, is_long};
pub use state::State;

#[cfg(test)]
mod tests;
