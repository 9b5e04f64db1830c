//! The buckets of one rule: a set-associative table of fixed size in the host's shared data.
//!
//! A key's keyed hash names a *set*, one value of shared data with eight ways, and a fingerprint
//! within it. A newcomer takes the way with the smallest TAT and inherits that TAT: where the way was
//! idle that is a full bucket, and where the set is under a flood nobody gains a token by being
//! evicted and coming back, because the smallest TAT of a set never falls.

use std::cell::Cell;
use std::cmp::Ordering;

use proxy_filter::HostError;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::gcra::{Decision, Quota};
use crate::registry::Hold;

/// Buckets per set.
pub(crate) const WAYS: usize = 8;

/// Where a key's bucket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    set: u32,
    fingerprint: u64,
}

impl Slot {
    /// The slot for a key's 128-bit hash in a table of so many sets.
    pub(crate) fn new(set: u64, fingerprint: u64, sets: u32) -> Self {
        let set = u32::try_from(set.checked_rem(u64::from(sets)).unwrap_or_default()).unwrap_or_default();
        // Zero marks a way that was never used.
        Self { set, fingerprint: fingerprint.max(1) }
    }

    /// One of so many places.
    pub(crate) fn place(self, places: usize) -> usize {
        let places = u64::try_from(places).unwrap_or(u64::MAX);
        usize::try_from(self.fingerprint.checked_rem(places).unwrap_or_default()).unwrap_or_default()
    }
}

/// A rule's table, as far as this thread holds it.
#[derive(Debug, Default)]
pub(crate) struct Table {
    hold: Cell<Option<Hold>>,
}

/// A decision, and whether it is about another key's bucket that was not full: there was no room for this one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) decision: Decision,
    /// The bucket's TAT before.
    pub(crate) before: u64,
    pub(crate) evicted: bool,
}

impl Table {
    pub(crate) fn holds(&self) -> bool {
        self.hold.get().is_some()
    }

    /// Takes what the registry says.
    pub(crate) fn set_hold(&self, hold: Option<Hold>) {
        self.hold.set(hold);
    }

    /// Makes the keys of a new table. Nobody else writes them before they are published.
    pub(crate) fn make(hold: Hold, sets: u32) -> Result<(), HostError> {
        let empty = Set::empty(hold.floor).to_bytes(hold.stamp);
        (0..sets).try_for_each(|set| shared_data::set(&key(hold, set), &empty))
    }

    /// Takes tokens for up to `most` requests from a bucket, if it has those for one.
    ///
    /// # Errors
    /// [`UpdateError::Contention`] also where the table is not, or no longer, this rule's.
    pub(crate) fn charge(
        &self,
        slot: Slot,
        quota: Quota,
        most: u64,
        now: u64,
    ) -> Result<Charge, UpdateError> {
        self.update(slot, |set| {
            let before = set.tat(slot.fingerprint);
            let decision = quota.charge_up_to(most, before, now);
            let evicted = !set.contains(slot.fingerprint) && before > now;
            let charge = Charge { decision, before, evicted };
            match decision {
                Decision::Admitted { tat } => {
                    set.put(slot.fingerprint, tat);
                    (true, charge)
                }
                Decision::Limited { .. } => (false, charge),
            }
        })
    }

    /// The TAT of a key's bucket.
    ///
    /// # Errors
    /// As [`charge`](Self::charge).
    pub(crate) fn tat(&self, slot: Slot) -> Result<u64, UpdateError> {
        self.update(slot, |set| (false, set.tat(slot.fingerprint)))
    }

    /// Gives back what was taken so many nanoseconds ago.
    ///
    /// # Errors
    /// As [`charge`](Self::charge).
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, ago: u64) -> Result<(), UpdateError> {
        self.update(slot, |set| {
            let is_there = set.contains(slot.fingerprint);
            if is_there {
                let tat = set.refunded(slot.fingerprint, quota, ago);
                set.put(slot.fingerprint, tat);
            }
            (is_there, ())
        })
    }

    /// Looks at a key's set, and writes it where `change` says so.
    fn update<T>(&self, slot: Slot, mut change: impl FnMut(&mut Set) -> (bool, T)) -> Result<T, UpdateError> {
        let Some(hold) = self.hold.get() else { return Err(UpdateError::Contention) };
        let changed = shared_data::update(&key(hold, slot.set), |bytes| match Set::held(bytes, hold) {
            None => Change::Keep(None),
            Some(mut set) => match change(&mut set) {
                (true, result) => Change::Write(set.to_bytes(hold.stamp), Some(result)),
                (false, result) => Change::Keep(Some(result)),
            },
        })?;
        changed.ok_or_else(|| {
            // Another rule has it: nothing is admitted before the registry has said where to go on.
            self.hold.set(None);
            UpdateError::Contention
        })
    }
}

/// Short, so that hosts keep it in place.
fn key(hold: Hold, set: u32) -> Vec<u8> {
    [b"rl1".as_slice(), &hold.table.to_le_bytes(), &set.to_le_bytes()].concat()
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Way {
    fingerprint: u64,
    tat: u64,
}

/// The buckets of a set. In shared data its holder's stamp stands before them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Set([Way; WAYS]);

impl Set {
    pub(crate) fn empty(floor: u64) -> Self {
        Self([Way { fingerprint: 0, tat: floor }; WAYS])
    }

    /// The set as the holder of a table finds it; `None` if it is a later holder's, or is not there.
    pub(crate) fn held(bytes: Option<&[u8]>, hold: Hold) -> Option<Self> {
        let (words, _) = bytes?.as_chunks::<8>();
        let (stamp, ways) = words.split_first()?;
        match u64::from_le_bytes(*stamp).cmp(&hold.stamp) {
            Ordering::Less => Some(Self::empty(hold.floor)),
            Ordering::Equal => Some(Self::read(ways)),
            Ordering::Greater => None,
        }
    }

    #[cfg(test)]
    pub(crate) fn of_any_holder(bytes: Option<&[u8]>) -> Option<Self> {
        bytes?.as_chunks::<8>().0.split_first().map(|(_, ways)| Self::read(ways))
    }

    fn read(words: &[[u8; 8]]) -> Self {
        let mut ways = [Way::default(); WAYS];
        for (way, words) in ways.iter_mut().zip(words.chunks_exact(2)) {
            if let [fingerprint, tat] = words {
                *way = Way { fingerprint: u64::from_le_bytes(*fingerprint), tat: u64::from_le_bytes(*tat) };
            }
        }
        Self(ways)
    }

    pub(crate) fn to_bytes(&self, stamp: u64) -> Vec<u8> {
        let ways = self.0.iter().flat_map(|way| [way.fingerprint, way.tat]);
        std::iter::once(stamp).chain(ways).flat_map(u64::to_le_bytes).collect()
    }

    pub(crate) fn contains(&self, fingerprint: u64) -> bool {
        self.0.iter().any(|way| way.fingerprint == fingerprint)
    }

    /// The TAT of a key's bucket: its own, or the one it would inherit.
    pub(crate) fn tat(&self, fingerprint: u64) -> u64 {
        let own = self.0.iter().find(|way| way.fingerprint == fingerprint);
        own.or_else(|| self.0.iter().min_by_key(|way| way.tat)).map_or(0, |way| way.tat)
    }

    /// The TAT of a key's bucket that gets tokens back: not less than those of all others, as the set's smallest
    /// must not fall.
    fn refunded(&self, fingerprint: u64, quota: Quota, ago: u64) -> u64 {
        let others = self.0.iter().filter(|way| way.fingerprint != fingerprint).map(|way| way.tat);
        let tat = self.tat(fingerprint);
        quota.refund(tat, ago).max(others.min().unwrap_or_default()).min(tat)
    }

    /// Puts a key's bucket at this TAT.
    pub(crate) fn put(&mut self, fingerprint: u64, tat: u64) {
        let own = self.0.iter().position(|way| way.fingerprint == fingerprint);
        let way = match own {
            Some(index) => self.0.get_mut(index),
            None => self.0.iter_mut().min_by_key(|way| way.tat),
        };
        if let Some(way) = way {
            *way = Way { fingerprint, tat };
        }
    }
}

#[cfg(test)]
mod tests;
