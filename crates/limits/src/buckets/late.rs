//! Charges that are made when a response is known. The bucket may not have the tokens any more: then it owes them.
//!
//! Several requests in flight can each have seen the last token. What a bucket owes is bounded, so that a key is never
//! limited for longer than a known time.

use proxy_filter::HostError;
use proxy_filter::shared_data::UpdateError;

use super::Buckets;
use crate::gcra::Quota;
use crate::slot::Slot;
use crate::table::{Table, TableError};

/// How many times its depth a bucket may owe.
pub const MAX_DEBT: u64 = 10;

/// A charge that was made late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateCharge {
    /// The bucket's new TAT.
    pub tat: u64,
    /// Whether some tokens were dropped, because the bucket would have owed too much.
    pub is_cut: bool,
}

impl Quota {
    /// Takes the tokens of this many requests from a bucket, at time `now`, whether it has them or not.
    pub fn charge_late(self, requests: u64, tat: u64, now: u64) -> LateCharge {
        let tat = tat.max(now);
        let wanted = tat.saturating_add(self.cost().saturating_mul(requests));
        let latest = now.saturating_add(self.fill_from_debt());
        LateCharge { tat: wanted.min(latest).max(tat), is_cut: wanted > latest }
    }

    /// Returns the nanoseconds in which a bucket fills that owes as much as it may.
    pub fn fill_from_debt(self) -> u64 {
        self.depth().saturating_add(self.depth().saturating_mul(MAX_DEBT))
    }
}

impl Buckets {
    /// Takes the tokens of this many requests, whether the bucket has them or not. `None` if other workers kept changing
    /// the bucket, or if this worker holds no table for the rule: then nothing is charged.
    ///
    /// # Errors
    /// The host fails.
    pub fn charge_late(
        &self,
        slot: Slot,
        quota: Quota,
        requests: u64,
        now: u64,
    ) -> Result<Option<LateCharge>, HostError> {
        match self.table.charge_late(slot, quota, requests, now) {
            Ok((charge, is_eviction)) => {
                if is_eviction {
                    self.evictions.iter().for_each(|evictions| evictions.increment(1));
                }
                Ok(Some(charge))
            }
            Err(TableError::Update(UpdateError::Host(error))) => Err(error),
            Err(TableError::NotHeld | TableError::Update(UpdateError::Contention)) => Ok(None),
        }
    }
}

impl Table {
    /// Returns the charge, and whether the key took over another key's bucket that was not full.
    fn charge_late(
        &self,
        slot: Slot,
        quota: Quota,
        requests: u64,
        now: u64,
    ) -> Result<(LateCharge, bool), TableError> {
        self.update(slot, None, |set| {
            let tat_before = set.tat(slot.fingerprint);
            let charge = quota.charge_late(requests, tat_before, now);
            let is_eviction = !set.contains(slot.fingerprint) && tat_before > now;
            set.put(slot.fingerprint, charge.tat);
            Some((true, (charge, is_eviction)))
        })
    }
}

#[cfg(test)]
mod tests;
