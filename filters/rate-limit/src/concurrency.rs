//! Rules with `concurrency`, which count the requests that each key has in flight.

use std::rc::Rc;

use limits::in_flight::{Admission, Guard, InFlight, InFlightTables};
use limits::table::Table;
use proxy_filter::HostError;
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::matching::When;
use proxy_filter::metric::Counter;

use crate::key::Key;

/// The rules of a started filter.
#[derive(Debug)]
pub(crate) struct Concurrency {
    pub(crate) rules: Vec<ConcurrencyRule>,
    pub(crate) tables: InFlightTables,
}

/// A rule of a started filter.
#[derive(Debug)]
pub(crate) struct ConcurrencyRule {
    pub(crate) plan: Rc<ConcurrencyPlan>,
    pub(crate) in_flight: InFlight,
    pub(crate) counters: ConcurrencyCounters,
}

/// A compiled rule, without anything that belongs to the host.
#[derive(Debug)]
pub(crate) struct ConcurrencyPlan {
    pub(crate) name: String,
    pub(crate) key: Key,
    /// Whether to deny a request that lacks a part of the key.
    pub(crate) denies_missing: bool,
    pub(crate) when: Option<When>,
    /// The requests that a key may have in flight.
    pub(crate) most: u64,
    /// Whether the rule only counts, and never limits a request.
    pub(crate) shadow: bool,
    pub(crate) sets: u32,
    /// A hash of everything that identifies the rule, except the namespace. A change resets the counts.
    pub(crate) identity: u64,
}

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConcurrencyCounters {
    pub(crate) allowed: Counter,
    /// Requests that the rule limited, or would have limited, were it not in shadow mode.
    pub(crate) limited: Counter,
    pub(crate) contention: Counter,
}

/// What a rule decides about a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The key has room, and the request is counted until the guard is dropped.
    Admitted {
        /// `None` once another rule limits the request.
        guard: Option<Guard>,
        /// Requests that could still be admitted.
        remaining: u64,
    },
    /// The key has as many requests in flight as it may have.
    Full,
    /// The request cannot be counted now.
    Unavailable,
    /// The request lacks a part of the key.
    Denied,
}

impl AsRef<Table> for ConcurrencyRule {
    fn as_ref(&self) -> &Table {
        self.in_flight.as_ref()
    }
}

impl Concurrency {
    /// Confirms the tables on each tick.
    pub(crate) fn tick(&self) {
        self.tables.tick(&self.rules);
    }
}

impl ConcurrencyPlan {
    /// Adds what the rule reads of a request.
    pub(crate) fn add_inputs(&self, inputs: &mut InputSet) {
        self.when.iter().for_each(|condition| inputs.extend(condition));
        self.key.add_inputs(inputs);
    }
}

impl ConcurrencyRule {
    /// Decides about a request. `None` if the rule does not apply to it.
    pub(crate) fn decide(&self, inputs: &Inputs<'_>, now: u64) -> Result<Option<Verdict>, HostError> {
        let plan = &self.plan;
        // A rule whose condition is unknown counts the request.
        if plan.when.as_ref().is_some_and(|condition| condition.holds(inputs) == Some(false)) {
            return Ok(None);
        }
        Ok(match self.in_flight.slot(|hasher| plan.key.hash(inputs, hasher))? {
            Some(slot) => Some(match self.in_flight.acquire(slot, plan.most, now)? {
                Admission::Admitted { guard, remaining } => {
                    Verdict::Admitted { guard: Some(guard), remaining }
                }
                Admission::Full => Verdict::Full,
                Admission::Contention | Admission::NoTable => Verdict::Unavailable,
            }),
            None => {
                log::debug!("rule `{}`: the request lacks a part of the key", plan.name);
                plan.denies_missing.then_some(Verdict::Denied)
            }
        })
    }
}
