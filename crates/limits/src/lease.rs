//! Leases: tokens that a worker takes in advance, so that most requests touch no shared data.
//!
//! A lease is a slice of a bucket's time, from the TAT before it was taken to the TAT after. The worker runs the
//! algorithm of `gcra.rs` within the slice, whose *position* is how far it is spent. Tokens that are not spent in
//! time are lost to the lease, because they have already come back to the bucket. So leases never allow more requests.

use std::cell::Cell;

use crate::gcra::Quota;
use crate::slot::Slot;

/// The most leases that a worker holds for one rule. A key whose entry is taken by another key's lease is charged
/// request by request, until that lease is spent or its time has passed.
const CAPACITY: usize = 1024;

/// The leases of one rule on one worker.
#[derive(Debug)]
pub(crate) struct Leases(Box<[Cell<Lease>]>);

#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    slot: Slot,
    position: u64,
    end: u64,
}

impl Leases {
    pub(crate) fn new() -> Self {
        Self((0..CAPACITY).map(|_| Cell::default()).collect())
    }

    /// Takes the tokens of one request from a key's lease, if it has them. Returns the new position.
    pub(crate) fn spend(&self, slot: Slot, quota: Quota, now: u64) -> Option<u64> {
        let entry = self.entry(slot)?;
        let position = Self::next(entry.get(), slot, quota.cost(), now)?;
        entry.set(Lease { position, ..entry.get() });
        Some(position)
    }

    /// Returns the position that [`spend`](Self::spend) would return.
    pub(crate) fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Option<u64> {
        Self::next(self.entry(slot)?.get(), slot, quota.cost(), now)
    }

    /// Returns whether a key may take a lease: its entry has no lease from which another key can still spend `cost`.
    pub(crate) fn has_room(&self, slot: Slot, cost: u64, now: u64) -> bool {
        let spendable = |lease: Lease| Self::next(lease, lease.slot, cost, now).is_some();
        self.entry(slot).is_some_and(|entry| entry.get().slot == slot || !spendable(entry.get()))
    }

    fn next(lease: Lease, slot: Slot, cost: u64, now: u64) -> Option<u64> {
        let position = lease.position.max(now).saturating_add(cost);
        (lease.slot == slot && position <= lease.end).then_some(position)
    }

    /// Keeps a new lease: a slice that is spent up to `position`.
    pub(crate) fn keep(&self, slot: Slot, position: u64, end: u64) {
        if let Some(entry) = self.entry(slot) {
            entry.set(Lease { slot, position, end });
        }
    }

    /// Returns the tokens of the request that brought a key's lease to `position`. `false` if the lease is gone or has
    /// moved on.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, position: u64) -> bool {
        let entry = self.entry(slot).filter(|it| it.get().slot == slot && it.get().position == position);
        if let Some(entry) = entry {
            entry.set(Lease { position: quota.before(position), ..entry.get() });
        }
        entry.is_some()
    }

    fn entry(&self, slot: Slot) -> Option<&Cell<Lease>> {
        self.0.get(slot.index(CAPACITY))
    }

    /// Returns the position and end of the lease in a key's entry.
    #[cfg(test)]
    pub(crate) fn slice(&self, slot: Slot) -> Option<(u64, u64)> {
        self.entry(slot).map(|entry| (entry.get().position, entry.get().end))
    }
}

#[cfg(test)]
mod tests;
