//! Which rule holds which table of shared data.
//!
//! Shared data cannot be freed, so tables are reused. The registry, one value of shared data, records which rule holds
//! each table. Every thread that has the rule *confirms* the hold once a second. Four rules keep limits exact:
//!
//! 1. A thread charges a table only within [`CONFIRMED_FOR`] of its last confirmation.
//! 2. A table changes hands only if no thread has confirmed it for [`ABANDONED_AFTER`], which is longer. By then, by the
//!    clock of requests, the old holder has made its last charge.
//! 3. Each change of hands gets a higher epoch, and each set of a table carries the epoch of its holder (a fencing
//!    token). A thread writes a set by compare-and-swap, after it has seen the epoch. So a thread that stalled between
//!    its check and its write changes no set that the next holder has written. A set with a lower epoch counts as never
//!    used.
//! 4. If a rule lost a table before all its buckets were full, and comes back, it begins with empty buckets.
//!
//! So all requests that a rule allows, in whatever tables, come from one sequence of buckets that never hold too many
//! tokens. `explore.rs` tries every interleaving of several virtual machines.

use std::collections::BTreeSet;

use proxy_filter::shared_data::Change;

use state::{Entry, State, Tombstone};

mod claim;
#[cfg(test)]
mod explore;
mod state;
#[cfg(test)]
mod tests;

const SECOND: u64 = 1_000_000_000;

/// Nanoseconds for which a confirmation lets a thread charge.
pub(crate) const CONFIRMED_FOR: u64 = 2 * SECOND;

/// Nanoseconds without a confirmation after which a table may change hands.
const ABANDONED_AFTER: u64 = 2 * CONFIRMED_FOR;

/// Nanoseconds for which one thread's confirmation serves all threads.
const CONFIRM_INTERVAL: u64 = SECOND / 2;

/// Abandoned tables whose buckets are not full, kept for rollbacks.
const KEPT_TABLES: usize = 16;

/// The most tables, and the most rules that are remembered because they lost one.
const MAX_TABLES: usize = 1024;

/// A rule that needs a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// A hash of all that makes the rule what it is. Rules with the same identity share their buckets.
    pub(crate) identity: u64,
    pub(crate) sets: u32,
    /// Nanoseconds in which an empty bucket fills.
    pub(crate) fill: u64,
}

/// A rule's hold on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) table: u32,
    /// The number that the rule's sets of the table carry. Each holder has a higher one.
    pub(crate) epoch: u64,
    /// The TAT of buckets that were never used.
    pub(crate) initial_tat: u64,
}

/// What a claim gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// A table, and when it was last confirmed.
    Held { hold: Hold, confirmed_at: u64 },
    /// A table without keys. The caller creates the keys, and then publishes the table.
    New(Hold),
    /// Another thread is creating the keys of the table.
    Pending,
}

/// Why a claim gets no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error(
        "all {MAX_TABLES} tables of counts are in use: give plugins with the same rules the same `namespace` so that \
         they share tables, or give this plugin its own `vm_id`"
    )]
    NoTableLeft,
    #[error(
        "the shared data under `{KEY}` is not a registry of rate-limit: another module writes to this key; give this \
         plugin its own `vm_id` (another `namespace` does not help)"
    )]
    NotARegistry,
}

/// The key of the registry. The number in it changes with the format of the registry or the tables.
pub(crate) const KEY: &str = "rate-limit registry 1";

/// Confirms the holds of one plugin, and gives tables to claims that have none.
pub(crate) fn confirm(
    bytes: Option<&[u8]>,
    claims: &[Claim],
    now: u64,
) -> Change<Result<Vec<Grant>, ClaimError>> {
    let Some(before) = State::read(bytes) else { return Change::Keep(Err(ClaimError::NotARegistry)) };
    let mut state = before.clone();
    let own: BTreeSet<_> = claims.iter().map(|claim| claim.identity).collect();
    match claims.iter().map(|claim| state.claim(*claim, &own, now)).collect() {
        Err(error) => Change::Keep(Err(error)),
        Ok(grants) if state == before => Change::Keep(Ok(grants)),
        Ok(grants) => Change::Write(state.to_bytes(), Ok(grants)),
    }
}

/// Publishes a new table, whose keys now exist. `false` if it no longer belongs to the claim.
pub(crate) fn publish(bytes: Option<&[u8]>, hold: Hold) -> Change<bool> {
    let Some(mut state) = State::read(bytes) else { return Change::Keep(false) };
    match state.entries.iter_mut().find(|entry| entry.hold == hold) {
        Some(entry) => {
            entry.is_published = true;
            Change::Write(state.to_bytes(), true)
        }
        None => Change::Keep(false),
    }
}
