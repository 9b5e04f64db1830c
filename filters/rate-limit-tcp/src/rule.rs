//! One rule: what it counts by, and what it allows.

use std::rc::Rc;

use limits::gcra::Quota;
use limits::in_flight::{GONE_AFTER, InFlight};
use limits::table::Table;
use limits::{Buckets, Prefixes};

use crate::counters::RuleCounters;

/// A rule of a started filter.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) plan: Rc<RulePlan>,
    pub(crate) counts: Counts,
    pub(crate) counters: RuleCounters,
}

/// The counts of a rule's keys.
#[derive(Debug)]
pub(crate) enum Counts {
    Rate(Buckets, Quota),
    AtOnce(InFlight, u64),
}

/// A compiled rule, without anything that belongs to the host.
#[derive(Debug)]
pub(crate) struct RulePlan {
    pub(crate) name: String,
    /// What it counts by. Without parts, all connections share one count.
    pub(crate) key: Vec<Prefixes>,
    pub(crate) limit: Limit,
    /// Whether the rule only counts, and never limits a connection.
    pub(crate) shadow: bool,
    pub(crate) sets: u32,
    /// A hash of everything that identifies the rule, except the namespace. A change resets the counts.
    pub(crate) identity: u64,
}

/// What a rule allows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Rate(Quota),
    /// Connections that a key may have open.
    AtOnce(u64),
}

impl Limit {
    /// Returns the nanoseconds after which a count that nobody changes is as good as new.
    pub(crate) fn fill(self) -> u64 {
        match self {
            Self::Rate(quota) => quota.depth(),
            Self::AtOnce(_) => GONE_AFTER,
        }
    }
}

impl AsRef<Table> for Rule {
    fn as_ref(&self) -> &Table {
        match &self.counts {
            Counts::Rate(buckets, _) => buckets.as_ref(),
            Counts::AtOnce(in_flight, _) => in_flight.as_ref(),
        }
    }
}
