//! Which rule holds which table of shared data.
//!
//! Shared data is never freed, so tables are used again. The registry, one value of shared data, says which rule holds
//! each table; every thread that has the rule *confirms* that once a second. Four rules keep limits exact:
//!
//! 1. A thread charges a table only within [`CONFIRMED`] of its last confirmation.
//! 2. A table changes hands only when nobody has confirmed it for [`ABANDONED`], which is longer. Every charge of the
//!    old holder is earlier by then, as the clock of requests has it.
//! 3. Each change of hands has a higher stamp, and each set of a table bears its holder's. A write of shared data is a
//!    compare-and-swap that has seen the stamp: a thread that stalled between its check and its write changes nothing
//!    of a set that the next holder has touched. Sets with a lower stamp count as never used.
//! 4. A rule that comes back after it lost a table in which buckets were not full begins with empty buckets.
//!
//! So the requests of a rule that are admitted, in whatever tables, are those of one sequence of buckets that are
//! never fuller than they should be. `explore.rs` tries every order of what several virtual machines do.

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

/// Nanoseconds within which a confirmation lets a thread charge.
pub(crate) const CONFIRMED: u64 = 2 * SECOND;

/// Nanoseconds without a confirmation after which a table may change hands.
const ABANDONED: u64 = 2 * CONFIRMED;

/// Nanoseconds for which a confirmation of any thread serves all.
const FRESH: u64 = SECOND / 2;

/// Abandoned tables with buckets that are not full, kept for rollbacks.
const KEPT: usize = 16;

/// Tables at most, and rules at most that are remembered as having lost one.
const MOST: usize = 1024;

/// A rule that wants a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What makes the rule this one: two with the same identity share their buckets.
    pub(crate) identity: u64,
    pub(crate) sets: u32,
    /// Nanoseconds in which an empty bucket fills.
    pub(crate) fill: u64,
}

/// A rule's hold on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) table: u32,
    /// What the sets of the table bear that are this rule's.
    pub(crate) stamp: u64,
    /// The TAT of buckets that were never used.
    pub(crate) floor: u64,
}

/// What a rule gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A table, confirmed at this time.
    Held(Hold, u64),
    /// A table whose keys are not there yet: it is for the one who got this to make and then to publish them.
    New(Hold),
    /// Another thread makes the table's keys.
    Pending,
}

/// Why a rule gets no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "all {MOST} tables of limits are in use: give plugins with the same rules the same `namespace`, so that they \
         share tables, or give this plugin a `vm_id` of its own"
    )]
    Full,
    #[error(
        "the shared data under `{}` is not a registry of limits, whatever `namespace` says: another module writes it; \
         give this plugin a `vm_id` of its own",
        KEY
    )]
    Unreadable,
}

/// The key of the registry. Its number changes with the form of registry or tables.
pub(crate) const KEY: &str = "rate-limit registry 1";

/// Confirms the claims of one plugin, and gives tables to those that have none.
pub(crate) fn confirm(
    bytes: Option<&[u8]>,
    claims: &[Claim],
    now: u64,
) -> Change<Result<Vec<Place>, Refused>> {
    let Some(before) = State::read(bytes) else { return Change::Keep(Err(Refused::Unreadable)) };
    let mut state = before.clone();
    let own: BTreeSet<_> = claims.iter().map(|claim| claim.identity).collect();
    match claims.iter().map(|claim| state.claim(*claim, &own, now)).collect() {
        Err(refused) => Change::Keep(Err(refused)),
        Ok(places) if state == before => Change::Keep(Ok(places)),
        Ok(places) => Change::Write(state.to_bytes(), Ok(places)),
    }
}

/// Says that the keys of a new table are there. `false` if it is another's by now.
pub(crate) fn publish(bytes: Option<&[u8]>, hold: Hold) -> Change<bool> {
    let Some(mut state) = State::read(bytes) else { return Change::Keep(false) };
    match state.entries.iter_mut().find(|entry| entry.hold == hold) {
        Some(entry) => {
            entry.is_ready = true;
            Change::Write(state.to_bytes(), true)
        }
        None => Change::Keep(false),
    }
}
