//! Gives tables to claims.

use super::hold::{Claim, Hold};
use super::state::{Entry, State, Tombstone};
use crate::gcra::SECOND;

/// The key of the registry. The number in it changes with the format of the registry or the tables.
pub(crate) const KEY: &str = "rate-limit registry 2";

/// Nanoseconds for which a confirmation lets a thread charge.
pub(crate) const CONFIRMED_FOR: u64 = 2 * SECOND;

/// Nanoseconds without a confirmation after which a table may change hands.
pub(super) const ABANDONED_AFTER: u64 = 2 * CONFIRMED_FOR;

/// Nanoseconds for which one thread's confirmation serves all threads.
const CONFIRM_INTERVAL: u64 = SECOND / 2;

/// How far a hold's initial TAT may lie beyond the clock and `fill`, in nanoseconds: on a host whose threads do not share a clock, as
/// Envoy's do, a lag must not look like another module's write.
const TOLERANCE: u64 = SECOND;

/// Abandoned tables whose buckets are not full, kept for rollbacks.
pub(super) const KEPT_TABLES: usize = 16;

/// The most tables, and the most rules that are remembered because they lost one.
pub(super) const MAX_TABLES: usize = 1024;

/// What a claim gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// A table, and when it was last confirmed.
    Held { hold: Hold, confirmed_at: u64 },
    /// A table without keys. The caller creates the keys, and then publishes the table.
    New(Hold),
    /// Another thread is creating the keys of the table.
    Pending,
}

/// Why a claim gets no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Every table is in use.
    #[error(
        "all {MAX_TABLES} tables of counts are in use: give plugins with the same rules the same `namespace` so that \
         they share tables, or give this plugin its own `vm_id`"
    )]
    NoTableLeft,
    /// Other software writes to the registry's key.
    #[error(
        "the shared data under `{KEY}` is not a registry of rate-limit: another module writes to this key; give this \
         plugin its own `vm_id` (another `namespace` does not help)"
    )]
    NotARegistry,
}

impl State {
    /// Returns the table of a claim: the one that it holds, an abandoned one, or a new one. Never takes a table whose
    /// claim is in `own`, the claims of the same plugin, in order.
    pub(super) fn claim(&mut self, claim: Claim, own: &[u64], now: u64) -> Result<Grant, ClaimError> {
        self.expire(own, now);
        match self.confirm(claim, now) {
            Some(grant) => grant,
            None => self.assign(claim, own, now),
        }
    }

    /// Drops tombstones whose time has passed, and tables that were not published in time.
    fn expire(&mut self, own: &[u64], now: u64) {
        self.tombstones.retain(|tombstone| tombstone.until > now);
        // No thread has charged such a table, and its creator comes too late to publish it.
        let is_expired = |entry: &Entry| {
            !entry.is_published
                && entry.is_abandoned(now)
                && own.binary_search(&entry.claim.identity).is_err()
        };
        // Remembers that the rule must begin with empty buckets.
        let empty = self.entries.iter().filter(|entry| is_expired(entry) && entry.hold.initial_tat > now);
        let lost =
            |entry: &Entry| Tombstone { identity: entry.claim.identity, until: entry.hold.initial_tat };
        self.tombstones.extend(empty.map(lost));
        self.entries.retain(|entry| !is_expired(entry));
    }

    /// Confirms the table that a claim holds. `None` if it holds no table.
    fn confirm(&mut self, claim: Claim, now: u64) -> Option<Result<Grant, ClaimError>> {
        let index = self.entries.iter().position(|entry| entry.claim == claim)?;
        if !self.is_possible(index, now) {
            self.entries.swap_remove(index);
            return None;
        }
        let entry = self.entries.get_mut(index)?;
        if entry.is_published {
            if now.saturating_sub(entry.confirmed_at) >= CONFIRM_INTERVAL {
                entry.confirmed_at = now;
            }
            return Some(Ok(Grant::Held { hold: entry.hold, confirmed_at: entry.confirmed_at }));
        }
        if !entry.is_abandoned(now) {
            return Some(Ok(Grant::Pending));
        }
        // The creator of the keys is gone, or has stalled and may still write them. That table is never used again.
        let initial_tat = entry.hold.initial_tat;
        self.entries.retain(|entry| entry.claim != claim);
        Some(self.create(claim, initial_tat, now))
    }

    /// Returns whether a hold can be what a claim was given, and not something that other software has written: the table
    /// has no later holder, and its buckets fill in time.
    fn is_possible(&self, index: usize, now: u64) -> bool {
        self.entries.get(index).is_some_and(|Entry { claim, hold, .. }| {
            let is_later = |other: &Hold| other.table == hold.table && other.epoch > hold.epoch;
            hold.initial_tat <= now.saturating_add(claim.fill).saturating_add(TOLERANCE)
                && !self.entries.iter().any(|entry| is_later(&entry.hold))
        })
    }

    /// Gives a table to a claim that holds no table.
    fn assign(&mut self, claim: Claim, own: &[u64], now: u64) -> Result<Grant, ClaimError> {
        let is_of_claim = |tombstone: &Tombstone| tombstone.identity == claim.identity;
        let initial_tat = match self.tombstones.iter().any(is_of_claim) {
            true => now.saturating_add(claim.fill),
            false => 0,
        };
        let grant = match self.reusable(claim.sets, own, now) {
            Some(index) => self.reuse(index, claim, initial_tat, now)?,
            None => self.create(claim, initial_tat, now)?,
        };
        self.tombstones.retain(|tombstone| !is_of_claim(tombstone));
        Ok(grant)
    }

    /// Finds the smallest abandoned table that is large enough and whose buckets are all full. If there is no such
    /// table, and too many abandoned tables have buckets that are not full, finds the one that was abandoned first.
    fn reusable(&self, sets: u32, own: &[u64], now: u64) -> Option<usize> {
        let is_abandoned = |entry: &Entry| {
            entry.is_published && entry.is_abandoned(now) && own.binary_search(&entry.claim.identity).is_err()
        };
        let fits = |(_, entry): &(usize, &Entry)| is_abandoned(entry) && entry.capacity >= sets;
        let candidates = || self.entries.iter().enumerate().filter(fits);
        let full = candidates().filter(|(_, entry)| entry.full_at() <= now);
        if let Some((index, _)) = full.min_by_key(|(_, entry)| (entry.capacity, entry.confirmed_at)) {
            return Some(index);
        }
        let not_full = |entry: &&Entry| is_abandoned(entry) && entry.full_at() > now;
        let are_many =
            self.entries.iter().filter(not_full).count() > KEPT_TABLES || self.entries.len() >= MAX_TABLES;
        // The rule that loses the table must be remembered.
        let are_many = are_many && self.tombstones.len() < MAX_TABLES;
        candidates().filter(|_| are_many).min_by_key(|(_, entry)| entry.confirmed_at).map(|(index, _)| index)
    }

    /// Gives the table of this entry to a claim.
    fn reuse(&mut self, index: usize, claim: Claim, initial_tat: u64, now: u64) -> Result<Grant, ClaimError> {
        let epoch = self.next_epoch();
        let entry = self.entries.get_mut(index).ok_or(ClaimError::NoTableLeft)?;
        let lost = Tombstone { identity: entry.claim.identity, until: entry.full_at() };
        let hold = Hold { table: entry.hold.table, epoch, initial_tat };
        *entry = Entry { claim, hold, confirmed_at: now, ..*entry };
        if lost.until > now {
            self.tombstones.push(lost);
        }
        Ok(Grant::Held { hold, confirmed_at: now })
    }

    /// Assigns a table whose keys must be created: a new one or, at the maximum, an abandoned one that is too small.
    fn create(&mut self, claim: Claim, initial_tat: u64, now: u64) -> Result<Grant, ClaimError> {
        let table = match self.entries.len() < MAX_TABLES {
            true => {
                let table = self.next_table;
                self.next_table = table.checked_add(1).ok_or(ClaimError::NoTableLeft)?;
                table
            }
            false => {
                let is_too_small = |entry: &Entry| {
                    entry.is_published
                        && entry.is_abandoned(now)
                        && entry.full_at() <= now
                        && entry.capacity < claim.sets
                };
                let index = self.entries.iter().position(is_too_small).ok_or(ClaimError::NoTableLeft)?;
                self.entries.swap_remove(index).hold.table
            }
        };
        let hold = Hold { table, epoch: self.next_epoch(), initial_tat };
        let capacity = claim.sets;
        self.entries.push(Entry { claim, capacity, hold, confirmed_at: now, is_published: false });
        Ok(Grant::New(hold))
    }

    fn next_epoch(&mut self) -> u64 {
        self.last_epoch = self.last_epoch.saturating_add(1);
        self.last_epoch
    }
}

impl Entry {
    /// Returns whether the table may change hands.
    fn is_abandoned(&self, now: u64) -> bool {
        now.saturating_sub(self.confirmed_at) > ABANDONED_AFTER
    }

    /// Returns when all buckets are full if the hold is not confirmed again. The last charge may come as late as the
    /// last confirmation allows.
    fn full_at(&self) -> u64 {
        let last_charge = self.confirmed_at.saturating_add(CONFIRMED_FOR);
        last_charge.saturating_add(self.claim.fill).max(self.hold.initial_tat)
    }
}
