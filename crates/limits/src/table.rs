//! The buckets of one rule: a set-associative table of fixed size in the host's shared data.
//!
//! A key's hash names a *set*, which is one value of shared data with eight buckets, and a fingerprint within the set. A set begins
//! with its holder's epoch and a seal (`seal.rs`).
//! A new key takes over the bucket with the smallest TAT, and inherits that TAT. If that bucket was idle, it is full.
//! If the set is flooded, no key gains a token by being evicted and coming back, because the smallest TAT of a set
//! never falls.

use std::cell::{Cell, RefCell};

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::shared_data::{self, Change, Seen, UpdateError};

use crate::gcra::{Conformance, Quota};
use crate::registry::{Claim, Hold};
use crate::slot::Slot;
use set::Set;
use suspect::Suspect;

pub(crate) use location::Location;
pub use set::WAYS;

/// The most buckets of a table, which take 4.5 MiB.
pub const MAX_SLOTS: u32 = 262_144;

mod location;
pub(crate) mod seal;
pub(crate) mod set;
mod suspect;

/// The table of a rule, if this thread holds one.
#[derive(Debug)]
pub struct Table {
    claim: Claim,
    hold: Cell<Option<Hold>>,
    /// The set because of which this thread last lost the table.
    suspect: RefCell<Option<Suspect>>,
    /// Makes the value of a set that was never used.
    empty: fn(Location) -> Vec<u8>,
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
    pub(crate) fn new(claim: Claim, empty: fn(Location) -> Vec<u8>) -> Self {
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
        (0..self.claim.sets).try_for_each(|set| {
            let at = Location { hold, set };
            shared_data::set(&at.key(), &(self.empty)(at))
        })
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
        let at = self.location(slot)?;
        self.update(slot, seen, |set| {
            let tat_before = set.tat(slot.fingerprint);
            let conformance = quota.charge_up_to(most, tat_before, now);
            let is_eviction = !set.contains(slot.fingerprint) && tat_before > now;
            let charge = Charge { conformance, tat_before, is_eviction };
            match conformance {
                // A key that finds no room looks at the seal, too: buckets that never fill would take up the room for ever.
                Conformance::Conforming { tat } if !is_eviction || set.is_sealed(at) => {
                    set.put(slot.fingerprint, tat);
                    Some((true, charge))
                }
                Conformance::Nonconforming { .. } if set.is_sealed(at) => Some((false, charge)),
                _ => None,
            }
        })
    }

    /// Returns what a charge of a key's bucket would lead to, and the set that it was read from.
    pub(crate) fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Result<(Conformance, Seen), TableError> {
        let at = self.location(slot)?;
        let seen = Seen::read(&at.key()).map_err(UpdateError::from)?;
        let Some(set) = Set::of_holder(seen.value().map(<[u8]>::to_vec), at) else {
            return Err(self.lost(slot.set));
        };
        match quota.charge(set.tat(slot.fingerprint), now) {
            Conformance::Nonconforming { .. } if !set.is_sealed(at) => Err(self.lost(slot.set)),
            conformance => Ok((conformance, seen)),
        }
    }

    /// Returns the tokens that one request took at time `then`.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, then: u64) -> Result<(), TableError> {
        let refunded = self.update(slot, None, |set| {
            // The clock is read after the set: if others charge the bucket later than that, this is tried again. Otherwise tokens
            // that have come back by then would come back twice.
            let now = match clock::monotonic_nanoseconds() {
                Ok(now) if set.contains(slot.fingerprint) => now,
                other => return Some((false, other.map(drop))),
            };
            let tat = set.refunded(slot.fingerprint, quota, now.saturating_sub(then));
            set.put(slot.fingerprint, tat);
            Some((true, Ok(())))
        })?;
        refunded.map_err(|error| UpdateError::Host(error).into())
    }

    /// Reads a key's set, and writes it back if `change` says so. It returns `None` if no holder wrote the set.
    pub(crate) fn update<T>(
        &self,
        slot: Slot,
        seen: Option<Seen>,
        mut change: impl FnMut(&mut Set) -> Option<(bool, T)>,
    ) -> Result<T, TableError> {
        let at = self.location(slot)?;
        let change = |bytes| {
            let Some(mut set) = Set::of_holder(bytes, at) else { return Change::Keep(None) };
            match change(&mut set) {
                None => Change::Keep(None),
                Some((true, result)) => Change::Write(set.into_bytes(), Some(result)),
                Some((false, result)) => Change::Keep(Some(result)),
            }
        };
        shared_data::update_from(&at.key(), seen, change)?.ok_or_else(|| self.lost(slot.set))
    }

    /// Drops the hold on the table, which another rule has now, unless other software has written to this set. This thread
    /// charges nothing until it has confirmed its tables again.
    #[inline(never)]
    pub(crate) fn lost(&self, set: u32) -> TableError {
        self.suspect.replace(self.hold.take().and_then(|hold| Suspect::at(Location { hold, set })));
        TableError::NotHeld
    }

    /// Returns whether this thread keeps what it read of the set because of which it lost the table. For tests.
    #[doc(hidden)]
    pub fn has_suspect(&self) -> bool {
        self.suspect.borrow().is_some()
    }

    /// Restarts the set because of which this thread lost the table, if the registry, which was read since, still gives the
    /// table to this rule: then no holder wrote the set. Its buckets begin empty, so no key gains a token; what was in flight
    /// is forgotten. Returns whether it did.
    pub(crate) fn restart_suspect(&self, hold: Hold, now: u64) -> Result<bool, UpdateError> {
        let Some(suspect) = self.suspect.take().filter(|suspect| suspect.at.hold == hold) else {
            return Ok(false);
        };
        let empty = Hold { initial_tat: now.saturating_add(self.claim.fill), ..hold };
        let at = Location { hold: empty, ..suspect.at };
        suspect.replace((self.empty)(at))
    }

    fn location(&self, slot: Slot) -> Result<Location, TableError> {
        let hold = self.hold.get().ok_or(TableError::NotHeld)?;
        Ok(Location { hold, set: slot.set })
    }
}
