//! The requests, or connections, that each key has in flight: at most so many at once, across all workers.
//!
//! A rule has a table, as for buckets, whose sets hold *rows*: how many requests of a key each worker has in flight
//! (`rows.rs`). A request is counted by compare-and-swap, and given back when its [`Guard`] is dropped. Three rules keep
//! the number of a key's requests exact, and let no request count for ever:
//!
//! 1. All requests of a key that are in flight are in one entry: its own or, if the set had no room, one that it shares with
//!    other newcomers. So a flood of keys gets no key more requests at once.
//! 2. A worker that traps cannot give back what it holds. Each worker has a number, and renews it (`workers.rs`). The
//!    rows of a worker that did not are dropped. If that worker has only stalled, it goes on under another number.
//! 3. A table changes hands only after the workers that counted in it are gone, and a request that ends changes no row
//!    of another holder, nor of a set that has begun anew because other software had written it.
//!
//! `explore.rs` tries every interleaving of several workers.

use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::metric::Counter;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::buckets::Decision;
use crate::registry::Claim;
use crate::seed::Seed;
use crate::slot::{KeyHasher, Slot};
use crate::table::{Location, Table};
use rows::Rows;
use worker::Place;

pub use worker::Worker;
pub use workers::GONE_AFTER;

#[cfg(test)]
mod explore;
mod rows;
mod worker;
mod workers;

/// The requests that the keys of one rule have in flight.
#[derive(Debug)]
pub struct InFlight {
    table: Table,
    /// The seed for hashing keys. Secret, so that a client cannot choose keys that share a set.
    seed: [u8; 16],
    worker: Rc<Worker>,
    /// Counts requests whose key shares an entry.
    shared: Option<Counter>,
}

/// A request in flight. It counts until this is dropped.
#[derive(Debug)]
pub struct Guard {
    place: Place,
    worker: Rc<Worker>,
}

impl AsRef<Table> for InFlight {
    fn as_ref(&self) -> &Table {
        &self.table
    }
}

impl InFlight {
    /// The requests of a rule whose table is claimed later, by [`Tables`](crate::Tables). The claim's `fill` must be
    /// [`GONE_AFTER`]. `shared` counts requests whose key shares an entry.
    pub fn new(claim: Claim, seed: &Seed, worker: &Rc<Worker>, shared: Option<Counter>) -> Self {
        Self {
            table: Table::new(claim, |at| Rows::empty(at.hold).to_bytes(at)),
            seed: seed.of_rule(claim.identity),
            worker: Rc::clone(worker),
            shared,
        }
    }

    /// Finds the entry of a key. `write` hashes the key; `None` if it returns `false`, because there is no key.
    ///
    /// # Errors
    /// Returns those of `write`.
    pub fn slot<E>(&self, write: impl FnOnce(&mut KeyHasher) -> Result<bool, E>) -> Result<Option<Slot>, E> {
        Slot::of(&self.seed, self.table.claim().sets, write)
    }

    /// Counts a request of a key that may have `most` in flight, until the guard is dropped. As of `now`, the tables must be
    /// [confirmed](crate::Tables::ensure_confirmed), and the worker [renewed](Worker::renew).
    ///
    /// # Errors
    /// The host fails.
    pub fn acquire(&self, slot: Slot, most: u64, now: u64) -> Result<(Decision, Option<Guard>), HostError> {
        let (Some(hold), Some(worker)) = (self.table.hold(), self.worker.number()) else {
            return Ok((Decision::NoTable, None));
        };
        // The rule lost its table too early. By then, the workers that counted in that table are gone.
        if now < hold.initial_tat {
            return Ok((Decision::Full, None));
        }
        let at = Location { hold, set: slot.set };
        let admitted = shared_data::update(&at.key(), |bytes| {
            let Some(mut rows) = Rows::of_holder(bytes.as_deref(), at) else { return Change::Keep(None) };
            let is_pruned = rows.prune(|worker| self.worker.is_gone(worker));
            let entry = rows.entry(slot.fingerprint);
            let remaining = rows.admit(entry, worker, most);
            let admitted = remaining.map(|remaining| (rows.generation(), entry, remaining));
            match is_pruned || admitted.is_some() {
                true => Change::Write(rows.to_bytes(at), Some(admitted)),
                false => Change::Keep(Some(admitted)),
            }
        });
        let (generation, entry, remaining) = match admitted {
            Ok(Some(Some(admitted))) => admitted,
            Ok(Some(None)) => return Ok((Decision::Full, None)),
            Ok(None) => {
                self.table.lost(slot.set);
                return Ok((Decision::NoTable, None));
            }
            Err(UpdateError::Contention) => return Ok((Decision::Contention, None)),
            Err(UpdateError::Host(error)) => return Err(error),
        };
        if Rows::is_shared(entry) {
            self.shared.iter().for_each(|shared| shared.increment(1));
        }
        let place = Place { at, generation, entry, worker };
        let guard = Guard { place, worker: Rc::clone(&self.worker) };
        Ok((Decision::Admitted { remaining }, Some(guard)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.worker.release(self.place);
    }
}
