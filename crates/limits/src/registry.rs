//! Which rule holds which table of shared data.
//!
//! Shared data cannot be freed, so tables are reused. The registry, one value of shared data, records which rule holds
//! each table. Every thread that has the rule *confirms* the hold once a second. Four rules keep limits exact:
//!
//! 1. A thread charges a table only within `CONFIRMED_FOR` of its last confirmation.
//! 2. A table changes hands only if no thread has confirmed it for `ABANDONED_AFTER`, which
//!    is longer. By then, by the clock of requests, the old holder has made its last charge.
//! 3. Each change of hands gets a higher epoch, and each set of a table carries the epoch of its holder (a fencing
//!    token). A thread writes a set by compare-and-swap, after it has seen the epoch. So a thread that stalled between
//!    its check and its write changes no set that the next holder has written. A set with a lower epoch counts as never
//!    used.
//! 4. A rule that lost a table before all its buckets were full, and returns, begins with empty buckets.
//!
//! So all requests that a rule allows, in any of its tables, come from one sequence of buckets that never hold too many
//! tokens. `buckets/explore/hand_over.rs` tries every interleaving of several workers.

use proxy_filter::shared_data::Change;

use state::State;

pub use grant::ClaimError;
pub(crate) use grant::{CONFIRMED_FOR, Grant, KEY};
pub use hold::Claim;
pub(crate) use hold::Hold;

mod grant;
mod hold;
mod state;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

/// Confirms the holds of one plugin, and gives tables to claims without one.
pub(crate) fn confirm(
    bytes: Option<&[u8]>,
    claims: &[Claim],
    now: u64,
) -> Change<Result<Vec<Grant>, ClaimError>> {
    let Some(before) = State::read(bytes) else { return Change::Keep(Err(ClaimError::NotARegistry)) };
    let mut state = before.clone();
    if bytes.is_none() {
        // Above those of any registry before, which other software may have removed: each of them began at the clock, too, and
        // counts far more slowly.
        state.last_epoch = now;
    }
    // In order. The sort of the standard library would be 3 KB of the module.
    let mut own = Vec::with_capacity(claims.len());
    for claim in claims {
        let place = own.binary_search(&claim.identity).unwrap_or_else(|place| place);
        own.insert(place, claim.identity);
    }
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
