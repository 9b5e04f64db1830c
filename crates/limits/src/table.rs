//! The buckets of one rule: a set-associative table of fixed size in the host's shared data.
//!
//! A key's hash names a *set*, which is one value of shared data with eight buckets, and a fingerprint within the set.
//! A new key takes over the bucket with the smallest TAT, and inherits that TAT. If that bucket was idle, it is full.
//! If the set is flooded, no key gains a token by being evicted and coming back, because the smallest TAT of a set
//! never falls.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::shared_data::{self, Change, Seen, UpdateError};

use crate::gcra::{Conformance, Quota};
use crate::registry::{Claim, Hold};
use crate::slot::Slot;
use set::Set;

pub use set::WAYS;

/// The most buckets of a table, which take 4 MiB.
pub const MAX_SLOTS: u32 = 262_144;

pub(crate) mod seal;
pub(crate) mod set;

/// The table of a rule, if this thread holds one.
#[derive(Debug)]
pub struct Table {
    claim: Claim,
    hold: Cell<Option<Hold>>,
    /// The set because of which this thread last lost the table.
    suspect: RefCell<Option<Suspect>>,
    /// Makes the value of a set that was never used.
    empty: fn(Hold) -> Vec<u8>,
}

/// A set that its holder cannot read.
#[derive(Debug)]
pub(crate) struct Suspect {
    hold: Hold,
    set: u32,
    seen: Seen,
}

/// Why a bucket cannot be read or charged.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The table has another holder now, or could not be confirmed.
    #[error("this worker holds no table for the rule")]
    NotHeld,
    /// Shared data cannot be updated.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

/// A charge of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) conformance: Conformance,
    /// The bucket's TAT before the charge.
    pub(crate) tat_before: u64,
    /// Whether the key took over another key's bucket that was not full, because the set had no room.
    pub(crate) is_eviction: bool,
}

impl Table {
    pub(crate) fn new(claim: Claim, empty: fn(Hold) -> Vec<u8>) -> Self {
        Self { claim, hold: Cell::default(), suspect: RefCell::default(), empty }
    }

    pub(crate) fn claim(&self) -> Claim {
        self.claim
    }

    pub(crate) fn is_held(&self) -> bool {
        self.hold.get().is_some()
    }

    pub(crate) fn hold(&self) -> Option<Hold> {
        self.hold.get()
    }

    /// Adopts the hold that the registry grants.
    pub(crate) fn set_hold(&self, hold: Option<Hold>) {
        self.hold.set(hold);
    }

    /// Creates the keys of a new table. No other thread writes them before they are published.
    pub(crate) fn create(&self, hold: Hold) -> Result<(), HostError> {
        let empty = (self.empty)(hold);
        (0..self.claim.sets).try_for_each(|set| shared_data::set(&key(hold, set), &empty))
    }

    /// Takes the tokens of up to `most` requests from a bucket, if it has enough for one. `seen` is the set that
    /// [`peek`](Self::peek) read.
    pub(crate) fn charge(
        &self,
        slot: Slot,
        quota: Quota,
        most: u64,
        now: u64,
        seen: Option<Seen>,
    ) -> Result<Charge, TableError> {
        self.update(slot, seen, |set| {
            let tat_before = set.tat(slot.fingerprint);
            let conformance = quota.charge_up_to(most, tat_before, now);
            let is_eviction = !set.contains(slot.fingerprint) && tat_before > now;
            let charge = Charge { conformance, tat_before, is_eviction };
            match conformance {
                Conformance::Conforming { tat } => {
                    set.put(slot.fingerprint, tat);
                    (true, charge)
                }
                Conformance::Nonconforming { .. } => (false, charge),
            }
        })
    }

    /// Returns what a charge of a key's bucket would lead to, and the set that it was read from.
    pub(crate) fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Result<(Conformance, Seen), TableError> {
        let hold = self.hold.get().ok_or(TableError::NotHeld)?;
        let seen = Seen::read(&key(hold, slot.set)).map_err(UpdateError::from)?;
        let set = Set::of_holder(seen.value().map(<[u8]>::to_vec), hold);
        match set {
            Some(set) => Ok((quota.charge(set.tat(slot.fingerprint), now), seen)),
            None => Err(self.lost(slot.set)),
        }
    }

    /// Returns the tokens that one request took at time `then`.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, then: u64) -> Result<(), TableError> {
        let refunded = self.update(slot, None, |set| {
            // The clock is read after the set: if others charge the bucket later than that, this is tried again. Otherwise tokens
            // that have come back by then would come back twice.
            let now = match clock::monotonic_nanoseconds() {
                Ok(now) if set.contains(slot.fingerprint) => now,
                other => return (false, other.map(drop)),
            };
            let tat = set.refunded(slot.fingerprint, quota, now.saturating_sub(then));
            set.put(slot.fingerprint, tat);
            (true, Ok(()))
        })?;
        refunded.map_err(|error| UpdateError::Host(error).into())
    }

    /// Reads a key's set, and writes it back if `change` says so.
    pub(crate) fn update<T>(
        &self,
        slot: Slot,
        seen: Option<Seen>,
        mut change: impl FnMut(&mut Set) -> (bool, T),
    ) -> Result<T, TableError> {
        let hold = self.hold.get().ok_or(TableError::NotHeld)?;
        let change = |bytes| {
            let Some(mut set) = Set::of_holder(bytes, hold) else { return Change::Keep(None) };
            match change(&mut set) {
                (true, result) => Change::Write(set.into_bytes(), Some(result)),
                (false, result) => Change::Keep(Some(result)),
            }
        };
        shared_data::update_from(&key(hold, slot.set), seen, change)?.ok_or_else(|| self.lost(slot.set))
    }

    /// Drops the hold on the table, which another rule has now, unless other software has written to this set. This thread
    /// charges nothing until it has confirmed its tables again.
    #[inline(never)]
    pub(crate) fn lost(&self, set: u32) -> TableError {
        let suspect = |hold| {
            let seen = Seen::read(&key(hold, set)).ok()?;
            // Another thread may have restarted it by now.
            let is_readable = seal::compare(seen.value(), hold).is_some_and(Ordering::is_le);
            (!is_readable).then_some(Suspect { hold, set, seen })
        };
        self.suspect.replace(self.hold.take().and_then(suspect));
        TableError::NotHeld
    }

    /// Returns whether this thread keeps what it read of the set because of which it lost the table.
    pub fn has_suspect(&self) -> bool {
        self.suspect.borrow().is_some()
    }

    /// Restarts the set because of which this thread lost the table, if the registry, which was read since, still gives the
    /// table to this rule: then no holder wrote the set. Its buckets begin empty, so no key gains a token; what was in flight
    /// is forgotten. Returns whether it did.
    pub(crate) fn restart_suspect(&self, hold: Hold, now: u64) -> Result<bool, UpdateError> {
        let Some(suspect) = self.suspect.take().filter(|suspect| suspect.hold == hold) else {
            return Ok(false);
        };
        let empty = Hold { initial_tat: now.saturating_add(self.claim.fill), ..hold };
        let mut is_unchanged = true;
        // Once: what another thread writes meanwhile may be a later holder's.
        shared_data::update_from(&key(hold, suspect.set), Some(suspect.seen), |_| {
            match std::mem::take(&mut is_unchanged) {
                true => Change::Write((self.empty)(empty), true),
                false => Change::Keep(false),
            }
        })
    }
}

/// Builds the key of a set in shared data. It is short enough for hosts to store it without an allocation.
pub(crate) fn key(hold: Hold, set: u32) -> [u8; 11] {
    let ([a, b, c, d], [e, f, g, h]) = (hold.table.to_le_bytes(), set.to_le_bytes());
    [b'r', b'l', b'2', a, b, c, d, e, f, g, h]
}
