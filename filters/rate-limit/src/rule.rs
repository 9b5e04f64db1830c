//! One rule: who it is for, what it counts by, and its buckets.

use proxy_filter::HostError;
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::matching::Condition;
use proxy_filter::shared_data::UpdateError;

use crate::counters::Counters;
use crate::gcra::{Decision, Quota};
use crate::key::Key;
use crate::lease::Leases;
use crate::registry::Claim;
use crate::table::{Charge, Slot, Table};

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    /// Among the rules.
    pub(crate) position: usize,
    pub(crate) key: Key,
    /// Whether a request that lacks a part of the key is refused.
    pub(crate) denies_missing: bool,
    pub(crate) when: Option<Condition>,
    pub(crate) quota: Quota,
    /// Tokens that a request takes.
    pub(crate) cost: u64,
    /// Whether it counts only, and refuses nobody.
    pub(crate) shadow: bool,
    pub(crate) policy: Policy,
    pub(crate) sets: u32,
    /// What makes the rule this one: with a change of it counts start anew.
    pub(crate) identity: u64,
    pub(crate) table: Table,
    /// Requests for which tokens are taken at once, and those that are left of them.
    pub(crate) lease: Option<(u64, Leases)>,
    pub(crate) counters: Counters,
}

/// What clients are told of a rule: so many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) requests: u64,
    pub(crate) seconds: u64,
}

/// Whether a rule is for a request.
pub(crate) enum Applies {
    No,
    /// To this bucket.
    To(Slot),
    /// The request lacks a part of the key, and is refused for it.
    Denied,
}

impl Rule {
    pub(crate) fn claim(&self) -> Claim {
        Claim { identity: self.identity, sets: self.sets, fill: self.quota.depth() }
    }

    pub(crate) fn needs(&self, needs: &mut InputSet) {
        self.when.iter().for_each(|condition| needs.extend(condition));
        self.key.needs(needs);
    }

    pub(crate) fn applies(&self, inputs: &Inputs<'_>) -> Result<Applies, HostError> {
        // Where it is unknown whether a rule is for a request, the rule counts it.
        if self.when.as_ref().is_some_and(|condition| condition.holds(inputs) == Some(false)) {
            return Ok(Applies::No);
        }
        Ok(match self.key.slot(inputs, self.sets)? {
            Some(slot) => Applies::To(slot),
            None => {
                proxy_filter::debug!("`{}`: the request lacks a part of the key", self.name);
                if self.denies_missing { Applies::Denied } else { Applies::No }
            }
        })
    }

    /// Takes a request's tokens. The TAT is that of the bucket then, or how far a lease is spent.
    pub(crate) fn charge(&self, slot: Slot, now: u64) -> Result<Decision, UpdateError> {
        let Some((requests, leases)) = &self.lease else {
            return self.charge_table(slot, 1, now).map(|charge| charge.decision);
        };
        if let Some(tat) = leases.spend(slot, self.quota, now) {
            return Ok(Decision::Admitted { tat });
        }
        if !leases.has_room(slot, self.quota, now) {
            return self.charge_table(slot, 1, now).map(|charge| charge.decision);
        }
        let Charge { decision, before, .. } = self.charge_table(slot, *requests, now)?;
        let Decision::Admitted { tat: end } = decision else { return Ok(decision) };
        let tat = before.max(now).saturating_add(self.quota.cost());
        leases.keep(slot, tat, end);
        Ok(Decision::Admitted { tat })
    }

    fn charge_table(&self, slot: Slot, requests: u64, now: u64) -> Result<Charge, UpdateError> {
        let charge = self.table.charge(slot, self.quota, requests, now)?;
        if charge.evicted {
            self.counters.evictions.increment(1);
        }
        Ok(charge)
    }

    /// What [`charge`](Self::charge) would decide.
    pub(crate) fn peek(&self, slot: Slot, now: u64) -> Result<Decision, UpdateError> {
        let leased = self.lease.as_ref().and_then(|(_, leases)| leases.peek(slot, self.quota, now));
        match leased {
            Some(tat) => Ok(Decision::Admitted { tat }),
            None => Ok(self.quota.charge(self.table.tat(slot)?, now)),
        }
    }

    /// Gives back what was taken so many nanoseconds ago, and brought the lease, if there is one, to this TAT.
    pub(crate) fn refund(&self, slot: Slot, tat: u64, ago: u64) -> Result<(), UpdateError> {
        match &self.lease {
            Some((_, leases)) if leases.refund(slot, self.quota, tat) => Ok(()),
            _ => self.table.refund(slot, self.quota, ago),
        }
    }
}
