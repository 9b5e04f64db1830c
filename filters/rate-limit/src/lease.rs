//! Tokens that a worker has taken in advance, so that most requests touch no shared data.
//!
//! A lease is a slice of a bucket's time: from the TAT before it was taken to the TAT after. The worker runs the
//! algorithm of `gcra.rs` within the slice. Tokens whose time has passed before they were spent are gone, as they
//! came back to the bucket by themselves; so no more is ever admitted than without leases.

use std::cell::Cell;

use crate::gcra::Quota;
use crate::table::Slot;

/// Leases that a worker holds at most for one rule. A key whose place has another's lease gets none: it is charged
/// request by request until that is spent, or its time has passed.
const PLACES: usize = 1024;

/// The leases of one rule on one worker.
#[derive(Debug)]
pub(crate) struct Leases(Box<[Cell<Lease>]>);

#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    slot: Slot,
    /// How far the slice is spent.
    spent: u64,
    end: u64,
}

impl Leases {
    pub(crate) fn new() -> Self {
        Self((0..PLACES).map(|_| Cell::default()).collect())
    }

    /// Takes a request's tokens from a key's lease, if they are there: how far its slice is spent then.
    pub(crate) fn spend(&self, slot: Slot, quota: Quota, now: u64) -> Option<u64> {
        let place = self.place(slot)?;
        let spent = Self::next(place.get(), slot, quota, now)?;
        place.set(Lease { spent, ..place.get() });
        Some(spent)
    }

    /// What [`spend`](Self::spend) would return.
    pub(crate) fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Option<u64> {
        Self::next(self.place(slot)?.get(), slot, quota, now)
    }

    /// Whether a key may have a lease: its place has none that another key could still spend.
    pub(crate) fn has_room(&self, slot: Slot, quota: Quota, now: u64) -> bool {
        let spendable = |lease: Lease| Self::next(lease, lease.slot, quota, now).is_some();
        self.place(slot).is_some_and(|place| place.get().slot == slot || !spendable(place.get()))
    }

    fn next(lease: Lease, slot: Slot, quota: Quota, now: u64) -> Option<u64> {
        let spent = lease.spent.max(now).saturating_add(quota.cost());
        (lease.slot == slot && spent <= lease.end).then_some(spent)
    }

    /// Keeps what is left of a slice that was just taken and ends here.
    pub(crate) fn keep(&self, slot: Slot, spent: u64, end: u64) {
        if let Some(place) = self.place(slot) {
            place.set(Lease { slot, spent, end });
        }
    }

    /// Gives back what brought a key's lease to `spent`. `false` if nothing of a lease was spent for it.
    pub(crate) fn refund(&self, slot: Slot, quota: Quota, spent: u64) -> bool {
        let place = self.place(slot).filter(|place| place.get().slot == slot && place.get().spent == spent);
        if let Some(place) = place {
            place.set(Lease { spent: spent.saturating_sub(quota.cost()), ..place.get() });
        }
        place.is_some()
    }

    fn place(&self, slot: Slot) -> Option<&Cell<Lease>> {
        self.0.get(slot.place(PLACES))
    }
}

#[cfg(test)]
mod tests;
