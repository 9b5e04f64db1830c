//! A set of buckets in shared data.

use std::cmp::Ordering;

use super::location::Location;
use super::seal::{self, HEADER};
use crate::gcra::Quota;

/// Buckets per set.
pub const WAYS: usize = 8;

/// The size of a bucket: fingerprint and TAT, each a little-endian number of eight bytes.
const WAY: usize = 16;

/// The size of a set.
const SIZE: usize = HEADER + WAYS * WAY;

/// The buckets of a set, in the bytes that shared data holds, which are changed in place, with their [seal].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Set(Vec<u8>);

impl Set {
    /// Creates the set of a new table.
    pub(crate) fn empty(at: Location) -> Self {
        let mut bytes = Vec::with_capacity(SIZE);
        bytes.extend_from_slice(&at.hold.epoch.to_le_bytes());
        bytes.resize(HEADER, 0);
        let way = [0, at.hold.initial_tat].map(u64::to_le_bytes);
        (0..WAYS).for_each(|_| bytes.extend_from_slice(way.as_flattened()));
        seal::seal(&mut bytes, at);
        Self(bytes)
    }

    /// Reads the set as the holder of its table sees it. `None` if a later holder wrote it, or no holder did. The seal
    /// of a set with the holder's epoch is left to [`is_sealed`](Self::is_sealed).
    pub(crate) fn of_holder(bytes: Option<Vec<u8>>, at: Location) -> Option<Self> {
        let bytes = bytes?;
        if bytes.len() == SIZE && bytes.first_chunk() == Some(&at.hold.epoch.to_le_bytes()) {
            return Some(Self(bytes));
        }
        (seal::compare(Some(&bytes), at)? == Ordering::Less).then(|| Self::empty(at))
    }

    /// Returns whether a holder wrote the set.
    pub(crate) fn is_sealed(&self, at: Location) -> bool {
        seal::compare(Some(&self.0), at).is_some()
    }

    /// Returns the bytes for shared data.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn ways(&self) -> impl Iterator<Item = &[u8; WAY]> {
        self.0.get(HEADER..).unwrap_or_default().as_chunks().0.iter()
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        self.ways().any(|way| fingerprint(way) == key)
    }

    /// Returns the TAT of a key's bucket: its own, or the smallest, which it would inherit.
    pub(crate) fn tat(&self, key: u64) -> u64 {
        let own = self.ways().find(|way| fingerprint(way) == key).map(tat);
        own.or_else(|| self.ways().map(tat).min()).unwrap_or_default()
    }

    /// Computes the TAT of a key's bucket after a refund. It is never less than the smallest of the others, so that the
    /// set's smallest TAT does not fall.
    pub(crate) fn refunded(&self, key: u64, quota: Quota, ago: u64) -> u64 {
        let others = self.ways().filter(|way| fingerprint(way) != key).map(tat);
        let own = self.tat(key);
        quota.refund(own, ago).max(others.min().unwrap_or_default()).min(own)
    }

    /// Sets the TAT of a key's bucket. A new key replaces the bucket with the smallest TAT.
    pub(crate) fn put(&mut self, key: u64, new: u64) {
        let own = self.ways().position(|way| fingerprint(way) == key);
        let index = own.or_else(|| Some(self.ways().enumerate().min_by_key(|(_, way)| tat(way))?.0));
        index.into_iter().for_each(|index| seal::change(&mut self.0, index, [key, new]));
    }
}

fn fingerprint(way: &[u8; WAY]) -> u64 {
    way.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

fn tat(way: &[u8; WAY]) -> u64 {
    way.last_chunk().copied().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests;
