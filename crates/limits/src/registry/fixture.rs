//! Registries for tests.

use super::grant::KEPT_TABLES;
use super::state::{Entry, State};
use super::{Claim, Hold};

/// Returns a registry that keeps so many abandoned tables that the next one changes hands before its buckets are full.
pub(crate) fn crowded() -> Vec<u8> {
    let entry = |identity| Entry {
        claim: Claim { identity, sets: 0, fill: u64::MAX / 2 },
        capacity: 0,
        hold: Hold { table: u32::MAX, epoch: 0, initial_tat: 0 },
        confirmed_at: 0,
        is_published: true,
    };
    State { entries: (1000..).take(KEPT_TABLES).map(entry).collect(), ..State::default() }.to_bytes()
}
