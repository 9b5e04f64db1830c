//! The requests, or connections, that each key has in flight: at most so many at once, across all workers.
//!
//! A rule has a table, as for buckets, whose sets hold *rows*: how many requests of a key each worker has in flight
//! ([`rows`]). A request is counted by compare-and-swap, and given back when its [`Guard`] is dropped. Three rules keep
//! the number of a key's requests exact, and let no request count for ever:
//!
//! 1. All requests of a key that are in flight are in one entry: its own or, if the set had no room, one that it shares with
//!    other newcomers. So a flood of keys gets no key more requests at once.
//! 2. A worker that traps cannot give back what it holds. Each worker has a number, and renews it ([`workers`]). The
//!    rows of a worker that did not are dropped. If that worker has only stalled, it goes on under another number.
//! 3. A table changes hands only after the workers that counted in it are gone, and a request that ends changes no row
//!    of another holder.
//!
//! `explore.rs` tries every interleaving of several workers.

use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::logging::Throttled;
use proxy_filter::metric::Counter;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::registry::Claim;
use crate::seed::Seed;
use crate::slot::{KeyHasher, Slot};
use crate::table::{self, Table};
use crate::tables::Tables;
use rows::{Rows, WAYS};
use worker::Place;
use workers::GONE_AFTER;

pub use worker::Worker;

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

/// Whether a key has room for one more request.
#[derive(Debug)]
pub enum Admission {
    /// It has. The request counts until the guard is dropped.
    Admitted {
        /// Gives the place back.
        guard: Guard,
        /// Requests that could still be admitted.
        remaining: u64,
    },
    /// It has as many as it may have.
    Full,
    /// Other workers kept changing the set, so the rule limits the request.
    Contention,
    /// This worker holds no table for the rule, so the rule limits the request.
    NoTable,
}

/// A request in flight.
#[derive(Debug)]
pub struct Guard {
    place: Place,
    worker: Rc<Worker>,
}

/// The tables of a plugin's rules that count requests in flight, and the worker that counts in them.
#[derive(Debug)]
pub struct InFlightTables {
    tables: Tables,
    worker: Rc<Worker>,
    warning: Throttled,
}

impl AsRef<Table> for InFlight {
    fn as_ref(&self) -> &Table {
        &self.table
    }
}

impl InFlight {
    /// The requests of a rule whose table is claimed later, by [`InFlightTables`] with the same worker. `rule` is a hash
    /// of everything that identifies the rule in the namespace. `shared` is increased for each request whose key shares
    /// an entry.
    pub fn new(
        namespace: &str,
        rule: u64,
        sets: u32,
        seed: &Seed,
        worker: &Rc<Worker>,
        shared: Option<Counter>,
    ) -> Self {
        // A rule that loses its table has no requests in it when all its workers are gone.
        let claim = Claim::in_namespace(namespace, rule, sets, GONE_AFTER);
        Self {
            table: Table::new(claim, |hold| Rows::empty(hold).to_bytes()),
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

    /// Counts a request of a key that may have `most` in flight. The tables must be
    /// [confirmed](InFlightTables::ensure_confirmed) as of `now`.
    ///
    /// # Errors
    /// The host fails.
    pub fn acquire(&self, slot: Slot, most: u64, now: u64) -> Result<Admission, HostError> {
        let (Some(hold), Some(worker)) = (self.table.hold(), self.worker.number()) else {
            return Ok(Admission::NoTable);
        };
        // The rule lost its table too early. By then, the workers that counted in that table are gone.
        if now < hold.initial_tat {
            return Ok(Admission::Full);
        }
        let admitted = shared_data::update(&table::key(hold, slot.set), |bytes| {
            let Some(mut rows) = Rows::of_holder(bytes.as_deref(), hold) else { return Change::Keep(None) };
            rows.prune(|worker| self.worker.is_gone(worker));
            match rows.admit(rows.entry(slot.fingerprint, WAYS), worker, most) {
                None => Change::Keep(Some(None)),
                Some(admitted) => Change::Write(rows.to_bytes(), Some(Some(admitted))),
            }
        });
        let (entry, remaining) = match admitted {
            Ok(Some(Some(admitted))) => admitted,
            Ok(Some(None)) => return Ok(Admission::Full),
            Ok(None) => {
                self.table.lose();
                return Ok(Admission::NoTable);
            }
            Err(UpdateError::Contention) => return Ok(Admission::Contention),
            Err(UpdateError::Host(error)) => return Err(error),
        };
        if Rows::is_shared(entry) {
            self.shared.iter().for_each(|shared| shared.increment(1));
        }
        let place = Place { hold, set: slot.set, entry, worker };
        Ok(Admission::Admitted { guard: Guard { place, worker: Rc::clone(&self.worker) }, remaining })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.worker.release(self.place);
    }
}

impl InFlightTables {
    /// Claims the tables of rules that were just configured, and a number for their worker.
    ///
    /// # Errors
    /// There are no tables left, other software writes to the same keys, or the host fails.
    pub fn open<R: AsRef<Table>>(rules: &[R], worker: Rc<Worker>) -> Result<Self, ConfigError> {
        let tables = Tables::open(rules)?;
        worker.renew(tables.confirmed_at()).map_err(ConfigError::new)?;
        Ok(Self { tables, worker, warning: Throttled::default() })
    }

    /// Confirms the tables on each tick, and gives back what could not be given back before.
    pub fn tick<R: AsRef<Table>>(&self, rules: &[R]) {
        self.tables.tick(rules);
        self.renew();
        self.worker.release_owed();
    }

    /// Makes sure that a request that arrives at `now` may be counted, and returns the time of the count. If the tables
    /// cannot be confirmed, the rules limit the request.
    pub fn ensure_confirmed<R: AsRef<Table>>(&self, rules: &[R], now: u64) -> u64 {
        let now = self.tables.ensure_confirmed(rules, now);
        self.renew();
        now
    }

    fn renew(&self) {
        if let Err(reason) = self.worker.renew(self.tables.confirmed_at()) {
            _ = self.warning.warn(format_args!("limiting all requests that the rules apply to: {reason}"));
        }
    }
}
