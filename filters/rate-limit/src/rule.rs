//! One rule: the requests that it counts, and their buckets.

use std::rc::Rc;

use limits::gcra::Quota;
use limits::in_flight::{GONE_AFTER, InFlight};
use limits::table::Table;
use limits::{Buckets, Slot};
use proxy_filter::HostError;
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::matching::When;

use crate::counters::RuleCounters;
use crate::key::Key;
use crate::late::{LatePlan, Place};
use crate::limit::Limit;
use crate::tiers::Tiers;

/// A rule of a started filter.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) plan: Rc<RulePlan>,
    /// Its index in the list of rules.
    pub(crate) position: usize,
    pub(crate) buckets: Buckets,
    pub(crate) counters: RuleCounters,
    /// The requests that each key has in flight, if the rule counts these. Then the buckets only find the slots of keys.
    pub(crate) in_flight: Option<InFlight>,
}

/// A compiled rule, without anything that belongs to the host.
#[derive(Debug)]
pub(crate) struct RulePlan {
    pub(crate) name: String,
    pub(crate) key: Key,
    /// Whether to deny a request that lacks a part of the key.
    pub(crate) denies_missing: bool,
    pub(crate) when: Option<When>,
    pub(crate) limit: Limit,
    /// Whether the rule only counts, and never limits a request.
    pub(crate) shadow: bool,
    pub(crate) sets: u32,
    /// The number of requests that a lease covers; 1 without leases.
    pub(crate) lease: u64,
    /// A hash of everything that identifies the rule, except the namespace. A change resets the counts.
    pub(crate) identity: u64,
    /// How the rule is charged once the response is known. `None` if it is charged when the request arrives.
    pub(crate) late: Option<LatePlan>,
    /// Limits that take the place of `limit` for the requests that choose them.
    pub(crate) tiers: Option<Box<Tiers>>,
    /// The requests that a key may have in flight, if the rule counts these. `limit` then only tells clients.
    pub(crate) concurrency: Option<u64>,
}

/// Whether a rule applies to a request.
pub(crate) enum Applicability<'a> {
    Skip,
    /// The rule counts the request in this bucket.
    Bucket(Bucket<'a>),
    /// The request lacks a part of the key, and the rule denies such requests.
    Denied,
}

/// A key's bucket, and the limit that holds for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket<'a> {
    pub(crate) slot: Slot,
    pub(crate) limit: &'a Limit,
}

impl AsRef<Table> for Rule {
    fn as_ref(&self) -> &Table {
        match &self.in_flight {
            None => self.buckets.as_ref(),
            Some(in_flight) => in_flight.as_ref(),
        }
    }
}

impl Rule {
    #[inline(always)]
    pub(crate) fn applicability(&self, inputs: &Inputs<'_>) -> Result<Applicability<'_>, HostError> {
        // A rule whose condition is unknown counts the request.
        if self.plan.when.as_ref().is_some_and(|condition| condition.holds(inputs) == Some(false)) {
            return Ok(Applicability::Skip);
        }
        Ok(match self.buckets.slot(|hasher| self.plan.key.hash(inputs, hasher))? {
            Some(slot) => Applicability::Bucket(match &self.plan.tiers {
                None => Bucket { slot, limit: &self.plan.limit },
                Some(tiers) => self.chosen_bucket(tiers, slot, inputs)?,
            }),
            None => {
                log::debug!("rule `{}`: the request lacks a part of the key", self.plan.name);
                if self.plan.denies_missing { Applicability::Denied } else { Applicability::Skip }
            }
        })
    }

    /// Returns the bucket of a key for the limit that a request chooses: each limit has its own.
    ///
    /// Not inlined: rules with one limit do not pay for it.
    #[inline(never)]
    fn chosen_bucket<'a>(
        &'a self,
        tiers: &'a Tiers,
        slot: Slot,
        inputs: &Inputs<'_>,
    ) -> Result<Bucket<'a>, HostError> {
        Ok(match tiers.find(inputs)? {
            Some((hash, limit)) => Bucket { slot: self.buckets.slot_apart(slot, hash), limit },
            None => Bucket { slot, limit: &self.plan.limit },
        })
    }
}

impl RulePlan {
    /// Adds what the rule reads of a request.
    pub(crate) fn add_inputs(&self, inputs: &mut InputSet) {
        self.when.iter().for_each(|condition| inputs.extend(condition));
        self.key.add_inputs(inputs);
        self.late.iter().for_each(|late| inputs.extend(late));
        self.tiers.iter().for_each(|tiers| tiers.by.add_inputs(inputs));
    }

    /// Returns the limits of all of its buckets.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &Limit> {
        std::iter::once(&self.limit).chain(self.tiers.iter().flat_map(|tiers| tiers.of.limits()))
    }

    /// Returns whether all requests share one bucket.
    pub(crate) fn has_one_bucket(&self) -> bool {
        self.key.parts.is_empty() && self.tiers.is_none()
    }

    /// Returns whether the rate limit service is asked about the rule's requests: it would charge them at once, and its
    /// decision covers all rules, so a rule in shadow mode could limit requests. It cannot count requests in flight.
    pub(crate) fn asks_service(&self) -> bool {
        !self.shadow && self.late.is_none() && self.concurrency.is_none()
    }

    /// Returns whether the rule's cost is in bodies.
    pub(crate) fn reads_body(&self) -> bool {
        let cost = self.late.as_ref().and_then(|late| late.cost.as_ref());
        cost.is_some_and(|cost| matches!(cost.place, Place::Json(_)))
    }

    /// Returns the nanoseconds in which a bucket fills that is as empty as it can be, or in which a key without a living worker
    /// has no request in flight.
    pub(crate) fn fill(&self) -> u64 {
        if self.concurrency.is_some() {
            return GONE_AFTER;
        }
        let quotas = self.limits().map(|limit| limit.quota);
        let fill = match self.late {
            None => quotas.map(Quota::depth).max(),
            Some(_) => quotas.map(Quota::fill_from_debt).max(),
        };
        fill.unwrap_or_default()
    }
}
