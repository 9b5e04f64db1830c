//! One rule: the requests that it counts, and their buckets.

use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::matching::When;
use proxy_filter::shared_data::{Seen, UpdateError};

use crate::counters::RuleCounters;
use crate::gcra::{Conformance, Quota};
use crate::key::Key;
use crate::lease::Leases;
use crate::registry::Claim;
use crate::slot::Slot;
use crate::table::{Charge, Table, TableError};

/// A rule of a started filter.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) plan: Rc<RulePlan>,
    /// Its index in the list of rules.
    pub(crate) position: usize,
    /// The seed for hashing keys. Secret, so that a client cannot choose keys that share a set.
    pub(crate) seed: [u8; 16],
    /// A hash of the namespace and of the plan's identity.
    pub(crate) identity: u64,
    pub(crate) table: Table,
    /// The number of requests that a lease covers, and this worker's leases.
    pub(crate) lease: Option<(u64, Leases)>,
    pub(crate) counters: RuleCounters,
}

/// A compiled rule, without anything that belongs to the host.
#[derive(Debug)]
pub(crate) struct RulePlan {
    pub(crate) name: String,
    pub(crate) key: Key,
    /// Whether to deny a request that lacks a part of the key.
    pub(crate) denies_missing: bool,
    pub(crate) when: Option<When>,
    pub(crate) quota: Quota,
    /// Tokens that a request takes.
    pub(crate) cost: u64,
    /// Whether the rule only counts, and never limits a request.
    pub(crate) shadow: bool,
    pub(crate) policy: Policy,
    pub(crate) sets: u32,
    /// The number of requests that a lease covers; 1 without leases.
    pub(crate) lease: u64,
    /// A hash of everything that identifies the rule, except the namespace. A change resets the counts.
    pub(crate) identity: u64,
}

/// The limit that clients see: `requests` per `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) requests: u64,
    pub(crate) seconds: u64,
}

/// Whether a rule applies to a request.
pub(crate) enum Applicability {
    Skip,
    /// The rule counts the request in this bucket.
    Bucket(Slot),
    /// The request lacks a part of the key, and the rule denies such requests.
    Denied,
}

/// What a rule decides about a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Allowed(Tokens),
    /// The rule would allow the same request after `wait` nanoseconds.
    Limited {
        wait: u64,
    },
    /// Other workers kept changing the bucket, so the rule limits the request.
    Contention,
    /// This worker holds no table for the rule, so the rule limits the request.
    NoTable,
    /// The request lacks a part of the key.
    KeyMissing,
}

/// Where the tokens of an allowed request come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tokens {
    /// From the bucket, which now has this TAT.
    Bucket { tat: u64 },
    /// From a lease, which is now spent up to this position.
    Lease { position: u64 },
}

impl Tokens {
    /// Returns the TAT as the client sees it: that of the bucket, or of the spent part of the lease.
    pub(crate) fn tat(self) -> u64 {
        let (Self::Bucket { tat: at } | Self::Lease { position: at }) = self;
        at
    }
}

impl Rule {
    pub(crate) fn claim(&self) -> Claim {
        Claim { identity: self.identity, sets: self.plan.sets, fill: self.plan.quota.depth() }
    }

    pub(crate) fn applicability(&self, inputs: &Inputs<'_>) -> Result<Applicability, HostError> {
        // A rule whose condition is unknown counts the request.
        if self.plan.when.as_ref().is_some_and(|condition| condition.holds(inputs) == Some(false)) {
            return Ok(Applicability::Skip);
        }
        Ok(match self.plan.key.slot(inputs, &self.seed, self.plan.sets)? {
            Some(slot) => Applicability::Bucket(slot),
            None => {
                log::debug!("rule `{}`: the request lacks a part of the key", self.plan.name);
                if self.plan.denies_missing { Applicability::Denied } else { Applicability::Skip }
            }
        })
    }

    /// Takes the tokens of one request from this worker's lease, or from the bucket. `seen` is what [`peek`](Self::peek)
    /// read.
    pub(crate) fn charge(&self, slot: Slot, now: u64, seen: Option<Seen>) -> Result<Decision, HostError> {
        let Some((requests, leases)) = &self.lease else { return self.charge_bucket(slot, now, seen) };
        if let Some(position) = leases.spend(slot, self.plan.quota, now) {
            return Ok(Decision::Allowed(Tokens::Lease { position }));
        }
        if !leases.has_room(slot, self.plan.quota, now) {
            return self.charge_bucket(slot, now, seen);
        }
        let charge = match self.charge_table(slot, *requests, now, seen) {
            Ok(charge) => charge,
            Err(error) => return Decision::unavailable(error),
        };
        Ok(match charge.conformance {
            Conformance::Nonconforming { wait } => Decision::Limited { wait },
            Conformance::Conforming { tat: end } => {
                let position = charge.tat_before.max(now).saturating_add(self.plan.quota.cost());
                leases.keep(slot, position, end);
                Decision::Allowed(Tokens::Lease { position })
            }
        })
    }

    /// Returns what [`charge`](Self::charge) would decide, and what it read.
    pub(crate) fn peek(&self, slot: Slot, now: u64) -> Result<(Decision, Option<Seen>), HostError> {
        let position = self.lease.as_ref().and_then(|(_, leases)| leases.peek(slot, self.plan.quota, now));
        if let Some(position) = position {
            return Ok((Decision::Allowed(Tokens::Lease { position }), None));
        }
        match self.table.peek(slot) {
            Ok((tat, seen)) => Ok((Decision::of_bucket(self.plan.quota.charge(tat, now)), Some(seen))),
            Err(error) => Ok((Decision::unavailable(error)?, None)),
        }
    }

    /// Returns the tokens that one request took `ago` nanoseconds ago.
    pub(crate) fn refund(&self, slot: Slot, tokens: Tokens, ago: u64) -> Result<(), TableError> {
        match (&self.lease, tokens) {
            (Some((_, leases)), Tokens::Lease { position })
                if leases.refund(slot, self.plan.quota, position) =>
            {
                Ok(())
            }
            _ => self.table.refund(slot, self.plan.quota, ago),
        }
    }

    fn charge_bucket(&self, slot: Slot, now: u64, seen: Option<Seen>) -> Result<Decision, HostError> {
        match self.charge_table(slot, 1, now, seen) {
            Ok(charge) => Ok(Decision::of_bucket(charge.conformance)),
            Err(error) => Decision::unavailable(error),
        }
    }

    fn charge_table(
        &self,
        slot: Slot,
        requests: u64,
        now: u64,
        seen: Option<Seen>,
    ) -> Result<Charge, TableError> {
        let charge = self.table.charge(slot, self.plan.quota, requests, now, seen)?;
        if charge.is_eviction {
            self.counters.evictions.iter().for_each(|evictions| evictions.increment(1));
        }
        Ok(charge)
    }
}

impl RulePlan {
    /// Adds what the rule reads of a request.
    pub(crate) fn add_inputs(&self, inputs: &mut InputSet) {
        self.when.iter().for_each(|condition| inputs.extend(condition));
        self.key.add_inputs(inputs);
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
