//! The buckets of one rule: a set-associative table of fixed size in the host's shared data.
//!
//! A key's keyed hash names a *set*, one value of shared data with eight ways, and a fingerprint
//! within it. A newcomer takes the way with the smallest TAT and inherits that TAT: where the way was
//! idle that is a full bucket, and where the set is under a flood nobody gains a token by being
//! evicted and coming back, because the smallest TAT of a set never falls.

use proxy_filter::config::ConfigError;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::gcra::{Decision, Quota};

const WAYS: usize = 8;
const WAY_SIZE: usize = 16;
const SET_SIZE: usize = WAYS * WAY_SIZE;

/// Sets per table: 8192 keys in 128 KiB.
const SETS: u32 = 1024;

/// Where a key's bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    set: u32,
    fingerprint: u64,
}

impl Slot {
    /// The slot for a key's 128-bit hash.
    pub(crate) fn new(set: u64, fingerprint: u64) -> Self {
        let set = u32::try_from(set.checked_rem(u64::from(SETS)).unwrap_or_default()).unwrap_or_default();
        // Zero marks a way that was never used.
        Self { set, fingerprint: fingerprint.max(1) }
    }
}

/// Tables that one rule's name has at most: the rule as it is now and as it was before its last
/// changes, so that a rollback finds its own counts, and old streams count apart from new ones.
const VERSIONS: usize = 4;

/// A rule's table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    prefix: Vec<u8>,
}

impl Table {
    /// The table for a version of the rule of this name. A version that has none takes over that of
    /// the version whose table is oldest.
    pub(crate) fn open(name: &str, version: u64) -> Result<Self, ConfigError> {
        let directory = [name.as_bytes(), b"\0versions"].concat();
        let (position, is_new) =
            shared_data::update(&directory, |bytes| Versions::read(bytes).find_or_add(version))
                .map_err(ConfigError::new)?;
        let table = Self { prefix: [name.as_bytes(), &[0, position]].concat() };
        if is_new {
            for set in 0..SETS {
                shared_data::set(&table.key(set), &[0; SET_SIZE])?;
            }
        }
        Ok(table)
    }

    /// Takes a token from a bucket, if it has one.
    pub(crate) fn charge(&self, slot: Slot, quota: Quota, now: u64) -> Result<Decision, UpdateError> {
        shared_data::update(&self.key(slot.set), |bytes| {
            let mut set = Set::read(bytes);
            let decision = quota.charge(set.tat(slot.fingerprint), now);
            match decision {
                Decision::Admitted { tat } => Change::Write(set.write(slot.fingerprint, tat), decision),
                Decision::Limited { .. } => Change::Keep(decision),
            }
        })
    }

    /// What [`charge`](Self::charge) would decide.
    pub(crate) fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Result<Decision, UpdateError> {
        shared_data::update(&self.key(slot.set), |bytes| {
            Change::Keep(quota.charge(Set::read(bytes).tat(slot.fingerprint), now))
        })
    }

    /// Gives a token back.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota) -> Result<(), UpdateError> {
        shared_data::update(&self.key(slot.set), |bytes| {
            let mut set = Set::read(bytes);
            if set.contains(slot.fingerprint) {
                let tat = quota.refund(set.tat(slot.fingerprint));
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

/// Which versions of a rule have tables, the oldest first, and each one's position.
struct Versions(Vec<(u64, u8)>);

impl Versions {
    fn read(bytes: Option<&[u8]>) -> Self {
        let (entries, _) = bytes.unwrap_or_default().as_chunks::<9>();
        let entry = |[version @ .., position]: &[u8; 9]| (u64::from_le_bytes(*version), *position);
        Self(entries.iter().map(entry).collect())
    }

    /// The position of a version's table, and whether it was just given one.
    fn find_or_add(mut self, version: u64) -> Change<(u8, bool)> {
        if let Some((_, position)) = self.0.iter().find(|(known, _)| *known == version) {
            return Change::Keep((*position, false));
        }
        let position = match self.0.len() {
            VERSIONS.. => self.0.remove(0).1,
            free => u8::try_from(free).unwrap_or_default(),
        };
        self.0.push((version, position));
        let bytes = self
            .0
            .iter()
            .flat_map(|(version, position)| version.to_le_bytes().into_iter().chain([*position]));
        Change::Write(bytes.collect(), (position, true))
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
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_inherits_the_smallest_tat() {
        let mut set = Set::read(None);
        let mut bytes = Vec::new();
        for key in 1..=8 {
            bytes = set.write(key, 100 + key);
        }
        assert_eq!(bytes.len(), SET_SIZE);
        let mut set = Set::read(Some(&bytes));
        assert_eq!((set.tat(3), set.tat(9)), (103, 101));
        set.write(9, 200);
        assert!(!set.contains(1), "the smallest was evicted");
        assert_eq!(set.tat(1), 102, "and comes back with no more than it had");
    }

    #[test]
    fn versions_take_turns() {
        let mut bytes = Vec::new();
        let mut open = |version| match Versions::read(Some(&bytes)).find_or_add(version) {
            Change::Keep(found) => found,
            Change::Write(written, found) => {
                bytes = written;
                found
            }
        };
        assert_eq!([1, 2, 1, 3, 4].map(&mut open), [(0, true), (1, true), (0, false), (2, true), (3, true)]);
        assert_eq!(open(5), (0, true), "the oldest makes room");
        assert_eq!([2, 1].map(&mut open), [(1, false), (1, true)]);
    }

    #[test]
    fn a_value_of_another_size_reads_as_far_as_it_goes() {
        assert_eq!(Set::read(Some(&[0xff; 20])).0.iter().filter(|way| way.fingerprint != 0).count(), 1);
        assert_eq!(Set::read(Some(&[0xff; 500])).0.len(), WAYS);
    }
}
