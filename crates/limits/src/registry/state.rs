//! The registry's value in shared data.

use super::hold::{Claim, Hold};

/// 64-bit words of an entry, and of a tombstone.
const ENTRY: usize = 9;
const TOMBSTONE: usize = 2;

/// The holds, and the rules that lost one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The last epoch that was assigned.
    pub(super) last_epoch: u64,
    /// The number of the next new table.
    pub(super) next_table: u32,
    pub(super) entries: Vec<Entry>,
    pub(super) tombstones: Vec<Tombstone>,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The current holder, or the last.
    pub(super) claim: Claim,
    /// Sets whose keys exist.
    pub(super) capacity: u32,
    pub(super) hold: Hold,
    /// When the hold was last confirmed.
    pub(super) confirmed_at: u64,
    /// Whether the keys exist.
    pub(super) is_published: bool,
}

/// A rule that lost its table before all its buckets were full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tombstone {
    pub(super) identity: u64,
    /// When all its buckets would have been full.
    pub(super) until: u64,
}

impl State {
    /// Decodes a registry. `None` if the bytes are not one.
    pub(super) fn read(bytes: Option<&[u8]>) -> Option<Self> {
        let Some(bytes) = bytes else { return Some(Self::default()) };
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let words: Vec<_> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let [last_epoch, next_table, count, rest @ ..] = words.as_slice() else { return None };
        let entries = usize::try_from(*count).ok()?.checked_mul(ENTRY)?;
        let (entries, tombstones) = rest.split_at_checked(entries)?;
        let (entries, _) = entries.as_chunks::<ENTRY>();
        let (tombstones, []) = tombstones.as_chunks::<TOMBSTONE>() else { return None };
        Some(Self {
            last_epoch: *last_epoch,
            next_table: u32::try_from(*next_table).ok()?,
            entries: entries.iter().map(Entry::read).collect::<Option<_>>()?,
            tombstones: tombstones.iter().map(|&[identity, until]| Tombstone { identity, until }).collect(),
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count = u64::try_from(self.entries.len()).unwrap_or_default();
        let entries = self.entries.iter().flat_map(Entry::words);
        let tombstones = self.tombstones.iter().flat_map(|tombstone| [tombstone.identity, tombstone.until]);
        let words =
            [self.last_epoch, self.next_table.into(), count].into_iter().chain(entries).chain(tombstones);
        words.flat_map(u64::to_le_bytes).collect()
    }
}

impl Entry {
    fn read(words: &[u64; ENTRY]) -> Option<Self> {
        let [identity, sets, fill, capacity, table, epoch, initial_tat, confirmed_at, published] = *words;
        let narrow = |word| u32::try_from(word).ok();
        Some(Self {
            claim: Claim { identity, sets: narrow(sets)?, fill },
            capacity: narrow(capacity)?,
            hold: Hold { table: narrow(table)?, epoch, initial_tat },
            confirmed_at,
            is_published: published != 0,
        })
    }

    fn words(&self) -> [u64; ENTRY] {
        let Self { claim, capacity, hold, confirmed_at, is_published } = *self;
        [
            claim.identity,
            claim.sets.into(),
            claim.fill,
            capacity.into(),
            hold.table.into(),
            hold.epoch,
            hold.initial_tat,
            confirmed_at,
            is_published.into(),
        ]
    }
}
