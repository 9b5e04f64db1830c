//! The buckets of one rule: a set-associative table of fixed size in the host's shared data.
//!
//! A key's keyed hash names a *set*, one value of shared data with eight ways, and a fingerprint
//! within it. A newcomer takes the way with the smallest TAT and inherits that TAT: where the way was
//! idle that is a full bucket, and where the set is under a flood nobody gains a token by being
//! evicted and coming back, because the smallest TAT of a set never falls.

use proxy_filter::HostError;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::gcra::{Decision, Quota};

/// Buckets per set.
pub(crate) const WAYS: usize = 8;

const WAY_SIZE: usize = 16;
const SET_SIZE: usize = WAYS * WAY_SIZE;

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

/// A rule's table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    prefix: Vec<u8>,
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
    /// The table whose sets are kept under keys that begin like this.
    pub(crate) fn new(prefix: Vec<u8>) -> Self {
        Self { prefix }
    }

    /// Empties it, or makes it.
    pub(crate) fn clear(&self, sets: u32) -> Result<(), HostError> {
        (0..sets).try_for_each(|set| shared_data::set(&self.key(set), &[0; SET_SIZE]))
    }

    /// Takes tokens for up to `most` requests from a bucket, if it has those for one.
    pub(crate) fn charge(
        &self,
        slot: Slot,
        quota: Quota,
        most: u64,
        now: u64,
    ) -> Result<Charge, UpdateError> {
        shared_data::update(&self.key(slot.set), |bytes| {
            let mut set = Set::read(bytes);
            let before = set.tat(slot.fingerprint);
            let decision = quota.charge_up_to(most, before, now);
            let evicted = !set.contains(slot.fingerprint) && before > now;
            match decision {
                Decision::Admitted { tat } => {
                    Change::Write(set.write(slot.fingerprint, tat), Charge { decision, before, evicted })
                }
                Decision::Limited { .. } => Change::Keep(Charge { decision, before, evicted }),
            }
        })
    }

    /// The TAT of a key's bucket.
    pub(crate) fn tat(&self, slot: Slot) -> Result<u64, UpdateError> {
        let bytes = shared_data::get(&self.key(slot.set))?;
        Ok(Set::read(bytes.as_deref()).tat(slot.fingerprint))
    }

    /// Gives back what was taken so many nanoseconds ago.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, ago: u64) -> Result<(), UpdateError> {
        shared_data::update(&self.key(slot.set), |bytes| {
            let mut set = Set::read(bytes);
            if set.contains(slot.fingerprint) {
                let tat = set.refunded(slot.fingerprint, quota, ago);
                Change::Write(set.write(slot.fingerprint, tat), ())
            } else {
                Change::Keep(())
            }
        })
    }

    fn key(&self, set: u32) -> Vec<u8> {
        [self.prefix.as_slice(), &set.to_le_bytes()].concat()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Way {
    fingerprint: u64,
    tat: u64,
}

#[derive(Debug)]
struct Set([Way; WAYS]);

impl Set {
    fn read(bytes: Option<&[u8]>) -> Self {
        let mut ways = [Way::default(); WAYS];
        let (chunks, _) = bytes.unwrap_or_default().as_chunks::<8>();
        for (way, chunk) in ways.iter_mut().zip(chunks.chunks_exact(2)) {
            if let [fingerprint, tat] = chunk {
                *way = Way { fingerprint: u64::from_le_bytes(*fingerprint), tat: u64::from_le_bytes(*tat) };
            }
        }
        Self(ways)
    }

    fn contains(&self, fingerprint: u64) -> bool {
        self.0.iter().any(|way| way.fingerprint == fingerprint)
    }

    /// The TAT of a key's bucket: its own, or the one it would inherit.
    fn tat(&self, fingerprint: u64) -> u64 {
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

    /// The set with a key's bucket at this TAT.
    fn write(&mut self, fingerprint: u64, tat: u64) -> Vec<u8> {
        let own = self.0.iter().position(|way| way.fingerprint == fingerprint);
        let way = match own {
            Some(index) => self.0.get_mut(index),
            None => self.0.iter_mut().min_by_key(|way| way.tat),
        };
        if let Some(way) = way {
            *way = Way { fingerprint, tat };
        }
        self.0.iter().flat_map(|way| [way.fingerprint, way.tat]).flat_map(u64::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests;
