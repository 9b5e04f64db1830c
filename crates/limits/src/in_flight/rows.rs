//! The requests in flight of the keys that share a set, in a value of shared data.

use std::cmp::Ordering;

use crate::registry::Hold;
use crate::table::Location;
use crate::table::seal::{self, HEADER};

/// Keys of a set that have an entry of their own.
const WAYS: usize = 8;

/// Entries of a set that keys share if there is no other.
const SHARED: u64 = 8;

/// The bit that tells a key's own entry from a shared one.
const OWN: u64 = 1 << 63;

/// Numbers of a row.
const ROW: usize = 3;

/// How many requests each worker has in flight. A set without requests has no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    epoch: u64,
    generation: u64,
    rows: Vec<Row>,
}

/// The requests of one entry that one worker has in flight, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    entry: u64,
    worker: u64,
    count: u64,
}

impl Rows {
    /// Creates the set of a new table, or begins it anew: then the hold's initial TAT comes from the clock, so no two generations are
    /// the same.
    pub(super) fn empty(hold: Hold) -> Self {
        Self { epoch: hold.epoch, generation: hold.initial_tat, rows: Vec::new() }
    }

    /// Reads the set as the holder of its table sees it. `None` if a later holder wrote it, or no holder did.
    pub(super) fn of_holder(bytes: Option<&[u8]>, at: Location) -> Option<Self> {
        match seal::compare(bytes, at)? {
            Ordering::Less => Some(Self::empty(at.hold)),
            Ordering::Equal => {
                let words = bytes?.get(HEADER..)?.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
                let words: Vec<_> = words.collect();
                let (generation, rows) = words.split_first()?;
                let row = |&[entry, worker, count]: &[u64; ROW]| Row { entry, worker, count };
                let rows = rows.as_chunks().0.iter().map(row).collect();
                Some(Self { epoch: at.hold.epoch, generation: *generation, rows })
            }
            Ordering::Greater => None,
        }
    }

    pub(super) fn to_bytes(&self, at: Location) -> Vec<u8> {
        let rows = self.rows.iter().flat_map(|row| [row.entry, row.worker, row.count]);
        let unsealed = 0;
        let header = [self.epoch, unsealed, self.generation];
        let mut bytes: Vec<_> = header.into_iter().chain(rows).flat_map(u64::to_le_bytes).collect();
        seal::seal(&mut bytes, at);
        bytes
    }

    /// Returns the set's generation. It changes when the set begins anew, because other software wrote to it.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Drops the rows of workers that are gone. Returns whether there were any.
    pub(super) fn prune(&mut self, is_gone: impl Fn(u64) -> bool) -> bool {
        let before = self.rows.len();
        self.rows.retain(|row| !is_gone(row.worker));
        self.rows.len() < before
    }

    /// Finds the entry that counts a key. All requests of a key that are in
    /// flight are in one entry, because a key keeps its entry until that is empty.
    pub(super) fn entry(&self, key: u64) -> u64 {
        let (own, shared) = (key | OWN, key.checked_rem(SHARED).unwrap_or_default());
        let is_used = |entry| self.rows.iter().any(|row| row.entry == entry);
        match is_used(own) || !is_used(shared) && self.own_entries() < WAYS {
            true => own,
            false => shared,
        }
    }

    /// Returns whether keys share an entry.
    pub(super) fn is_shared(entry: u64) -> bool {
        entry & OWN == 0
    }

    /// Returns the number of an entry's requests in flight.
    pub(super) fn count(&self, entry: u64) -> u64 {
        self.rows.iter().filter(|row| row.entry == entry).map(|row| row.count).fold(0, u64::saturating_add)
    }

    /// Adds a request of a worker to an entry that may count `most`. Returns how many more it may count; `None` if it counts
    /// that many already.
    pub(super) fn admit(&mut self, entry: u64, worker: u64, most: u64) -> Option<u64> {
        let remaining = most.checked_sub(self.count(entry))?.checked_sub(1)?;
        self.add(entry, worker);
        Some(remaining)
    }

    fn add(&mut self, entry: u64, worker: u64) {
        match self.find(entry, worker).and_then(|index| self.rows.get_mut(index)) {
            Some(row) => row.count = row.count.saturating_add(1),
            None => self.rows.push(Row { entry, worker, count: 1 }),
        }
    }

    /// Removes requests of a worker. `None` if there are none: for the others, the worker was gone.
    pub(super) fn without(mut self, entry: u64, worker: u64, count: u64) -> Option<Self> {
        let index = self.find(entry, worker)?;
        let row = self.rows.get_mut(index)?;
        row.count = row.count.saturating_sub(count);
        self.rows.retain(|row| row.count > 0);
        Some(self)
    }

    fn find(&self, entry: u64, worker: u64) -> Option<usize> {
        self.rows.iter().position(|row| row.entry == entry && row.worker == worker)
    }

    fn own_entries(&self) -> usize {
        let mut entries = Vec::with_capacity(WAYS);
        for Row { entry, .. } in self.rows.iter().filter(|row| !Self::is_shared(row.entry)) {
            if !entries.contains(entry) {
                entries.push(*entry);
            }
        }
        entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Hold = Hold { table: 0, epoch: 7, initial_tat: 0 };
    const AT: Location = Location { hold: HOLD, set: 0 };

    #[test]
    fn a_newcomer_to_a_full_set_shares_an_entry_and_keeps_it() {
        let mut rows = Rows::empty(HOLD);
        for key in 1..=8 {
            let entry = rows.entry(key);
            assert!(!Rows::is_shared(entry), "{key}");
            rows.add(entry, 1);
        }
        let shared = rows.entry(9);
        assert!(Rows::is_shared(shared));
        rows.add(shared, 1);
        assert_eq!(rows.entry(17), shared, "with each newcomer of the same residue");
        let third = rows.entry(3);
        rows = rows.without(third, 1, 1).unwrap();
        assert_eq!(rows.entry(9), shared, "where its request is counted");
        assert!(!Rows::is_shared(rows.entry(10)), "the room is for another key");
        rows = rows.without(shared, 1, 1).unwrap();
        assert!(!Rows::is_shared(rows.entry(9)), "and then for this one");
    }

    #[test]
    fn requests_are_counted_by_worker() {
        let mut rows = Rows::empty(HOLD);
        let entry = rows.entry(1);
        for (worker, remaining) in [(1, 3), (2, 2), (2, 1), (3, 0)] {
            assert_eq!(rows.admit(entry, worker, 4), Some(remaining));
        }
        assert_eq!(rows.admit(entry, 1, 4), None);
        assert_eq!(Rows::of_holder(Some(&rows.to_bytes(AT)), AT), Some(rows.clone()));
        rows = rows.without(entry, 2, 1).and_then(|rows| rows.without(entry, 1, 1)).unwrap();
        assert_eq!((rows.count(entry), rows.clone().without(entry, 1, 1)), (2, None));
        rows.prune(|worker| worker == 3);
        assert_eq!((rows.count(entry), rows.without(entry, 2, 1)), (1, Some(Rows::empty(HOLD))));
    }

    #[test]
    fn a_set_belongs_to_the_holder_of_its_table() {
        let mut rows = Rows::empty(HOLD);
        let entry = rows.entry(1);
        rows.add(entry, 1);
        let bytes = rows.to_bytes(AT);
        for (epoch, count) in [(6, None), (7, Some(1)), (8, Some(0))] {
            let found = Rows::of_holder(Some(&bytes), Location { hold: Hold { epoch, ..HOLD }, ..AT });
            assert_eq!(found.map(|rows| rows.count(entry)), count, "{epoch}");
        }
    }
}
