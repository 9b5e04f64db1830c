//! The buckets of one rule, in its table or in leases of this worker. `explore.rs` tries every interleaving of workers that charge
//! them.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;
use proxy_filter::shared_data::{Seen, UpdateError};

use crate::gcra::{Conformance, Quota};
use crate::lease::Leases;
use crate::registry::Claim;
use crate::seed::Seed;
use crate::slot::{KeyHasher, Slot};
use crate::table::set::Set;
use crate::table::{Charge, Table, TableError};

pub use late::{LateCharge, MAX_DEBT};

#[cfg(test)]
mod explore;
mod late;

/// The buckets of one rule.
#[derive(Debug)]
pub struct Buckets {
    table: Table,
    /// The seed for hashing keys. Secret, so that a client cannot choose keys that share a set.
    seed: [u8; 16],
    /// The number of requests that a lease covers, and this worker's leases.
    lease: Option<(u64, Leases)>,
    /// Counts requests whose key took over another key's bucket that was not full.
    evictions: Option<Counter>,
    /// The least that a request to any of the buckets costs, in nanoseconds, if they have different quotas.
    least_cost: u64,
}

/// What a rule decides about a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The bucket has the tokens.
    Allowed(Tokens),
    /// The bucket would allow the same request after `wait` nanoseconds.
    Limited {
        /// Nanoseconds.
        wait: u64,
    },
    /// Other workers kept changing the bucket, so the rule limits the request.
    Contention,
    /// The key has room, in a rule that counts requests [in flight](crate::in_flight).
    Admitted {
        /// Requests that could still be admitted.
        remaining: u64,
    },
    /// The key has as many requests in flight as it may have.
    Full,
    /// This worker holds no table for the rule, so the rule limits the request.
    NoTable,
}

/// Where the tokens of an allowed request come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tokens {
    /// From the bucket.
    Bucket {
        /// The bucket's new TAT.
        tat: u64,
    },
    /// From a lease.
    Lease {
        /// How far the lease is spent now.
        position: u64,
    },
}

impl Tokens {
    /// Returns the TAT as the client sees it: that of the bucket, or of the spent part of the lease.
    pub fn tat(self) -> u64 {
        let (Self::Bucket { tat: at } | Self::Lease { position: at }) = self;
        at
    }
}

impl AsRef<Table> for Buckets {
    fn as_ref(&self) -> &Table {
        &self.table
    }
}

impl Buckets {
    /// The buckets of a rule whose table is claimed later, by [`Tables`](crate::Tables). A lease of one request is none.
    pub fn new(claim: Claim, seed: &Seed, lease: u64, evictions: Option<Counter>) -> Self {
        Self {
            table: Table::new(claim, |at| Set::empty(at).into_bytes()),
            seed: seed.of_rule(claim.identity),
            lease: (lease > 1).then(|| (lease, Leases::new())),
            evictions,
            least_cost: u64::MAX,
        }
    }

    /// Says that the buckets have different quotas, and what the cheapest request costs, in nanoseconds. A lease is then not
    /// taken over while any request could still be spent from it.
    #[must_use]
    pub fn with_least_cost(mut self, cost: u64) -> Self {
        self.least_cost = cost;
        self
    }

    /// Finds the bucket of a key. `write` hashes the key; `None` if it returns `false`, because there is no key.
    ///
    /// # Errors
    /// Returns those of `write`.
    pub fn slot<E>(&self, write: impl FnOnce(&mut KeyHasher) -> Result<bool, E>) -> Result<Option<Slot>, E> {
        Slot::of(&self.seed, self.table.claim().sets, write)
    }

    /// Returns another slot of the same key, one for each `hash`, for keys that have several buckets.
    pub fn slot_apart(&self, slot: Slot, hash: u64) -> Slot {
        slot.apart(hash, self.table.claim().sets)
    }

    /// Takes the tokens of one request from this worker's lease, or from the bucket. `seen` is what [`peek`](Self::peek)
    /// read.
    ///
    /// # Errors
    /// The host fails.
    pub fn charge(
        &self,
        slot: Slot,
        quota: Quota,
        now: u64,
        seen: Option<Seen>,
    ) -> Result<Decision, HostError> {
        let Some((requests, leases)) = &self.lease else {
            return self.charge_bucket(slot, quota, now, seen);
        };
        if let Some(position) = leases.spend(slot, quota, now) {
            return Ok(Decision::Allowed(Tokens::Lease { position }));
        }
        if !leases.has_room(slot, quota.cost().min(self.least_cost), now) {
            return self.charge_bucket(slot, quota, now, seen);
        }
        let charge = match self.charge_table(slot, quota, *requests, now, seen) {
            Ok(charge) => charge,
            Err(error) => return Decision::unavailable(error),
        };
        Ok(match charge.conformance {
            Conformance::Nonconforming { wait } => Decision::Limited { wait },
            Conformance::Conforming { tat: end } => {
                let position = charge.tat_before.max(now).saturating_add(quota.cost());
                leases.keep(slot, position, end);
                Decision::Allowed(Tokens::Lease { position })
            }
        })
    }

    /// Returns what [`charge`](Self::charge) would decide, and what it read.
    ///
    /// # Errors
    /// The host fails.
    pub fn peek(&self, slot: Slot, quota: Quota, now: u64) -> Result<(Decision, Option<Seen>), HostError> {
        let position = self.lease.as_ref().and_then(|(_, leases)| leases.peek(slot, quota, now));
        if let Some(position) = position {
            return Ok((Decision::Allowed(Tokens::Lease { position }), None));
        }
        match self.table.peek(slot, quota, now) {
            Ok((conformance, seen)) => Ok((Decision::of_bucket(conformance), Some(seen))),
            Err(error) => Ok((Decision::unavailable(error)?, None)),
        }
    }

    /// Returns the tokens that one request took at time `then`.
    ///
    /// # Errors
    /// The table is lost, or the host fails.
    pub fn refund(&self, slot: Slot, quota: Quota, tokens: Tokens, then: u64) -> Result<(), TableError> {
        match (&self.lease, tokens) {
            (Some((_, leases)), Tokens::Lease { position }) if leases.refund(slot, quota, position) => Ok(()),
            _ => self.table.refund(slot, quota, then),
        }
    }

    fn charge_bucket(
        &self,
        slot: Slot,
        quota: Quota,
        now: u64,
        seen: Option<Seen>,
    ) -> Result<Decision, HostError> {
        match self.charge_table(slot, quota, 1, now, seen) {
            Ok(charge) => Ok(Decision::of_bucket(charge.conformance)),
            Err(error) => Decision::unavailable(error),
        }
    }

    fn charge_table(
        &self,
        slot: Slot,
        quota: Quota,
        requests: u64,
        now: u64,
        seen: Option<Seen>,
    ) -> Result<Charge, TableError> {
        let charge = self.table.charge(slot, quota, requests, now, seen)?;
        if charge.is_eviction {
            self.evictions.iter().for_each(|evictions| evictions.increment(1));
        }
        Ok(charge)
    }
}

impl Decision {
    fn of_bucket(conformance: Conformance) -> Self {
        match conformance {
            Conformance::Conforming { tat } => Self::Allowed(Tokens::Bucket { tat }),
            Conformance::Nonconforming { wait } => Self::Limited { wait },
        }
    }

    /// Returns the decision if the bucket cannot be charged.
    fn unavailable(error: TableError) -> Result<Self, HostError> {
        match error {
            TableError::NotHeld => Ok(Self::NoTable),
            TableError::Update(UpdateError::Contention) => Ok(Self::Contention),
            TableError::Update(UpdateError::Host(error)) => Err(error),
        }
    }
}
