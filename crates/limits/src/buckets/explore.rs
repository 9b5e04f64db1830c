//! Tries every interleaving of virtual machines that charge the same buckets, with the code that filters run.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use crate::gcra::SECOND;

mod canaries;
mod clocks;
mod evictions;
mod hand_over;
mod leases;
mod overwritten;
mod plugin;

/// When explorations begin.
const START: u64 = 1000 * SECOND;
