//! The registry's value in shared data.

use super::{Claim, Hold};

/// Words of an entry, and of a tombstone.
const ENTRY: usize = 9;
const TOMBSTONE: usize = 2;

/// Who holds which table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The last stamp that was given.
    pub(super) stamp: u64,
    /// The number of the next new table.
    pub(super) tables: u32,
    pub(super) entries: Vec<Entry>,
    pub(super) tombstones: Vec<Tombstone>,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Who has it, or had it last.
    pub(super) claim: Claim,
    /// Sets whose keys are there.
    pub(super) capacity: u32,
    pub(super) hold: Hold,
    /// When it was confirmed last.
    pub(super) seen: u64,
    /// Whether its keys are there.
    pub(super) is_ready: bool,
}

/// A rule that lost a table in which buckets were not full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tombstone {
    pub(super) identity: u64,
    /// When they all would have been.
    pub(super) until: u64,
}

impl State {
    /// `None` where the bytes are something else.
    pub(super) fn read(bytes: Option<&[u8]>) -> Option<Self> {
        let Some(bytes) = bytes else { return Some(Self::default()) };
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let words: Vec<_> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let [stamp, tables, count, rest @ ..] = words.as_slice() else { return None };
        let entries = usize::try_from(*count).ok()?.checked_mul(ENTRY)?;
        let (entries, tombstones) = rest.split_at_checked(entries)?;
        let (entries, _) = entries.as_chunks::<ENTRY>();
        let (tombstones, []) = tombstones.as_chunks::<TOMBSTONE>() else { return None };
        Some(Self {
            stamp: *stamp,
            tables: u32::try_from(*tables).ok()?,
            entries: entries.iter().map(Entry::read).collect::<Option<_>>()?,
            tombstones: tombstones.iter().map(|&[identity, until]| Tombstone { identity, until }).collect(),
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count = u64::try_from(self.entries.len()).unwrap_or_default();
        let entries = self.entries.iter().flat_map(Entry::words);
        let tombstones = self.tombstones.iter().flat_map(|tombstone| [tombstone.identity, tombstone.until]);
        let words = [self.stamp, self.tables.into(), count].into_iter().chain(entries).chain(tombstones);
        words.flat_map(u64::to_le_bytes).collect()
    }
}

impl Entry {
    fn read(words: &[u64; ENTRY]) -> Option<Self> {
        let [identity, sets, fill, capacity, table, stamp, floor, seen, ready] = *words;
        let narrow = |word| u32::try_from(word).ok();
        Some(Self {
            claim: Claim { identity, sets: narrow(sets)?, fill },
            capacity: narrow(capacity)?,
            hold: Hold { table: narrow(table)?, stamp, floor },
            seen,
            is_ready: ready != 0,
        })
    }

    fn words(&self) -> [u64; ENTRY] {
        let Self { claim, capacity, hold, seen, is_ready } = *self;
        [
            claim.identity,
            claim.sets.into(),
            claim.fill,
            capacity.into(),
            hold.table.into(),
            hold.stamp,
            hold.floor,
            seen,
            is_ready.into(),
        ]
    }
}
