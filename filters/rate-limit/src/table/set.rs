//! A set of buckets in shared data.

use std::cmp::Ordering;

use crate::gcra::Quota;
use crate::registry::Hold;

/// Buckets per set.
pub(crate) const WAYS: usize = 8;

/// One bucket of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Way {
    fingerprint: u64,
    tat: u64,
}

/// The buckets of a set. In shared data the epoch of its holder precedes them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Set([Way; WAYS]);

impl Set {
    pub(crate) fn empty(initial_tat: u64) -> Self {
        Self([Way { fingerprint: 0, tat: initial_tat }; WAYS])
    }

    /// Decodes the set as the holder of its table sees it. `None` if a later holder has written it, or it does not
    /// exist.
    pub(crate) fn of_holder(bytes: Option<&[u8]>, hold: Hold) -> Option<Self> {
        let (words, _) = bytes?.as_chunks::<8>();
        let (epoch, ways) = words.split_first()?;
        match u64::from_le_bytes(*epoch).cmp(&hold.epoch) {
            Ordering::Less => Some(Self::empty(hold.initial_tat)),
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

    pub(crate) fn to_bytes(&self, epoch: u64) -> Vec<u8> {
        let ways = self.0.iter().flat_map(|way| [way.fingerprint, way.tat]);
        std::iter::once(epoch).chain(ways).flat_map(u64::to_le_bytes).collect()
    }

    pub(crate) fn contains(&self, fingerprint: u64) -> bool {
        self.0.iter().any(|way| way.fingerprint == fingerprint)
    }

    /// Returns the TAT of a key's bucket: its own, or the smallest, which it would inherit.
    pub(crate) fn tat(&self, fingerprint: u64) -> u64 {
        let own = self.0.iter().find(|way| way.fingerprint == fingerprint);
        own.or_else(|| self.0.iter().min_by_key(|way| way.tat)).map_or(0, |way| way.tat)
    }

    /// Computes the TAT of a key's bucket after a refund. It is never less than the smallest of the others, so that the
    /// set's smallest TAT does not fall.
    pub(crate) fn refunded(&self, fingerprint: u64, quota: Quota, ago: u64) -> u64 {
        let others = self.0.iter().filter(|way| way.fingerprint != fingerprint).map(|way| way.tat);
        let tat = self.tat(fingerprint);
        quota.refund(tat, ago).max(others.min().unwrap_or_default()).min(tat)
    }

    /// Sets the TAT of a key's bucket. A new key replaces the bucket with the smallest TAT.
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
