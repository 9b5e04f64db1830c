//! This thread's number among the workers, and what it has yet to give back.

use std::cell::{Cell, RefCell};

use proxy_filter::config::ConfigError;
use proxy_filter::logging::Throttled;
use proxy_filter::shared_data::{self, Change, UpdateError};

use super::rows::Rows;
use super::workers::{self, GONE_AFTER, KEY, Workers};
use crate::table::Location;
use crate::tables::Tables;

/// One plugin on one thread, as it counts in the tables of requests in flight.
#[derive(Debug, Default)]
pub struct Worker {
    number: Cell<Option<u64>>,
    /// When the number was last renewed. `None`: it must not count before it is renewed.
    renewed_at: Cell<Option<u64>>,
    /// The workers that were alive then.
    workers: RefCell<Workers>,
    /// A number in a set that the list of workers does not have, and since when: that of a new worker, or of one from a list that other
    /// software has overwritten.
    unknown: Cell<Option<(u64, u64)>>,
    /// Requests that have ended but are still counted, because their set could not be written.
    owed: RefCell<Vec<(Place, u64)>>,
    warning: Throttled,
}

/// Where a request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: Location,
    pub(super) generation: u64,
    pub(super) entry: u64,
    pub(super) worker: u64,
}

/// Why a worker has no number.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenewError {
    #[error("cannot update the list of workers in shared data: {0}")]
    Update(#[from] UpdateError),
    #[error(
        "the shared data under `{KEY}` is not a list of workers: another module writes to this key; give this plugin its \
         own `vm_id` (another `namespace` does not help)"
    )]
    NotWorkers,
}

impl Worker {
    /// Returns the worker's number. `None` if it must not count.
    pub(super) fn number(&self) -> Option<u64> {
        self.renewed_at.get().and(self.number.get())
    }

    /// Returns whether a worker is gone, or whether its number has been no worker's for so long that it never was one.
    pub(super) fn is_gone(&self, worker: u64) -> bool {
        let Ok(workers) = self.workers.try_borrow() else { return false };
        if workers.contains(worker) {
            return workers.is_gone(worker);
        }
        let now = self.renewed_at.get().unwrap_or_default();
        let is_past = |since: u64| now.saturating_sub(since) >= GONE_AFTER;
        match self.unknown.get() {
            Some((unknown, since)) if unknown == worker => is_past(since),
            // One after the other.
            Some((unknown, since)) if !is_past(since) && !workers.contains(unknown) => false,
            _ => {
                self.unknown.set(Some((worker, now)));
                false
            }
        }
    }

    /// Takes a number, once the tables are confirmed.
    ///
    /// # Errors
    /// Other software writes to the same key, or the host fails.
    pub fn open(&self, tables: &Tables) -> Result<(), ConfigError> {
        self.try_renew(tables.confirmed_at()).map_err(ConfigError::new)
    }

    /// Renews the number if the tables were confirmed since. If it cannot be renewed, the rules limit all requests.
    #[inline(never)]
    pub fn renew(&self, tables: &Tables) {
        if let Err(reason) = self.try_renew(tables.confirmed_at()) {
            _ = self
                .warning
                .warn(format_args!("limiting all requests that rules with `concurrency` apply to: {reason}"));
        }
    }

    /// Renews the number on each tick, and gives back what could not be given back before.
    #[inline(never)]
    pub fn tick(&self, tables: &Tables) {
        self.renew(tables);
        self.release_owed();
    }

    /// Renews the number, as of the time at which the tables were confirmed. It is never renewed without them, so a table
    /// changes hands only after this worker is gone.
    fn try_renew(&self, confirmed_at: Option<u64>) -> Result<(), RenewError> {
        if self.renewed_at.get() == confirmed_at {
            return Ok(());
        }
        self.renewed_at.set(None);
        let Some(now) = confirmed_at else { return Ok(()) };
        let own = self.number.get();
        let renewed =
            shared_data::update(KEY.as_bytes(), |bytes| workers::renew(bytes.as_deref(), own, now))?;
        let (number, workers) = renewed.ok_or(RenewError::NotWorkers)?;
        self.number.set(Some(number));
        self.renewed_at.set(confirmed_at);
        self.workers.replace(workers);
        Ok(())
    }

    /// Counts a request no more, now or on a later tick.
    pub(super) fn release(&self, place: Place) {
        if remove(place, 1).is_err()
            && let Ok(mut owed) = self.owed.try_borrow_mut()
        {
            match owed.iter_mut().find(|(other, _)| *other == place) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => owed.push((place, 1)),
            }
        }
    }

    /// Tries again to write the sets that could not be written.
    fn release_owed(&self) {
        if let Ok(mut owed) = self.owed.try_borrow_mut() {
            owed.retain(|&(place, count)| remove(place, count).is_err());
        }
    }
}

/// Removes requests from the row that counts them. A later holder of the table counts none of them, and neither does a set that
/// has begun anew.
fn remove(place: Place, count: u64) -> Result<(), UpdateError> {
    let Place { at, generation, entry, worker } = place;
    shared_data::update(&at.key(), |bytes| {
        let rows = Rows::of_holder(bytes.as_deref(), at).filter(|rows| rows.generation() == generation);
        match rows.and_then(|rows| rows.without(entry, worker, count)) {
            Some(rows) => Change::Write(rows.to_bytes(at), ()),
            None => Change::Keep(()),
        }
    })
}

impl Drop for Worker {
    /// No request is in flight any more, because each keeps the worker. What it owes is not counted once it is gone.
    fn drop(&mut self) {
        if let Some(own) = self.number.get() {
            _ = shared_data::update(KEY.as_bytes(), |bytes| workers::remove(bytes.as_deref(), own));
        }
    }
}

#[cfg(test)]
mod tests;
