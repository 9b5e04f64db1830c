//! Applies several rules to one connection: either all allow it and all count it, or none counts it.

use std::net::IpAddr;

use limits::in_flight::Guard;
use limits::{Decision, Slot};
use proxy_filter::HostError;
use proxy_filter::shared_data::Seen;

use crate::key;
use crate::rule::{Counts, Rule};

/// What one rule decides about a connection.
struct RuleDecision<'a> {
    rule: &'a Rule,
    slot: Slot,
    /// What the peek read.
    seen: Option<Seen>,
    /// `None` before the rule has decided.
    decision: Option<Decision>,
}

impl RuleDecision<'_> {
    fn is_allowed(&self) -> bool {
        matches!(self.decision, Some(Decision::Allowed(_) | Decision::Admitted { .. }))
    }

    /// Returns whether this rule limits the connection.
    fn limits(&self) -> bool {
        self.decision.is_some() && !self.is_allowed() && !self.rule.plan.shadow
    }

    /// Counts the connection in the rule's metrics, once all rules have decided.
    fn count(&self, is_limited: bool) {
        let counters = &self.rule.counters;
        match self.decision {
            None => {}
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) if is_limited => {}
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) => counters.allowed.increment(1),
            Some(Decision::Contention | Decision::NoTable) => counters.contention.increment(1),
            Some(Decision::Limited { .. } | Decision::Full) => counters.limited.increment(1),
        }
    }
}

/// Counts a connection in every rule that applies, or in none if one of them limits it. Returns its places in the rules with
/// `concurrency`; `None` if the connection is limited.
pub(crate) fn decide(
    rules: &[Rule],
    client: Option<IpAddr>,
    now: u64,
) -> Result<Option<Vec<Guard>>, HostError> {
    let mut decisions = Vec::with_capacity(rules.len());
    for rule in rules {
        let write = |hasher: &mut _| Ok::<_, HostError>(key::hash(&rule.plan.key, client, hasher));
        let slot = match &rule.counts {
            Counts::Rate(buckets, _) => buckets.slot(write)?,
            Counts::AtOnce(in_flight, _) => in_flight.slot(write)?,
        };
        // A rule does not apply to a client without an address.
        decisions.extend(slot.map(|slot| RuleDecision { rule, slot, seen: None, decision: None }));
    }
    let guards = admit(&mut decisions, now)?;
    let is_limited = guards.is_none();
    for decision in &decisions {
        decision.count(is_limited);
        if decision.limits() {
            log::debug!("closed by rule `{}`", decision.rule.plan.name);
        }
    }
    Ok(guards)
}

fn admit(decisions: &mut [RuleDecision<'_>], now: u64) -> Result<Option<Vec<Guard>>, HostError> {
    // With several rules, peek before charging, so that a limited connection writes nothing. The charges reuse what was read.
    if decisions.len() > 1 {
        for RuleDecision { rule, slot, seen, decision } in &mut *decisions {
            if let Counts::Rate(buckets, quota) = &rule.counts {
                let (peeked, read) = buckets.peek(*slot, *quota, now)?;
                (*decision, *seen) = (Some(peeked), read);
            }
        }
    }
    if is_limited(decisions) {
        return Ok(None);
    }
    // Open connections come before rates: their places are given back by dropping the guards.
    let mut guards = Vec::new();
    for RuleDecision { rule, slot, decision, .. } in &mut *decisions {
        if let Counts::AtOnce(in_flight, most) = &rule.counts {
            let (decided, guard) = in_flight.acquire(*slot, *most, now)?;
            *decision = Some(decided);
            guards.extend(guard);
        }
    }
    if is_limited(decisions) {
        return Ok(None);
    }
    for RuleDecision { rule, slot, seen, decision } in &mut *decisions {
        if let Counts::Rate(buckets, quota) = &rule.counts {
            *decision = Some(buckets.charge(*slot, *quota, now, seen.take())?);
        }
    }
    if is_limited(decisions) {
        refund(decisions, now);
        return Ok(None);
    }
    Ok(Some(guards))
}

fn is_limited(decisions: &[RuleDecision<'_>]) -> bool {
    decisions.iter().any(RuleDecision::limits)
}

/// Returns the tokens of the rules that were charged before another rule limited the connection: after the peek, another
/// worker took that rule's last tokens.
fn refund(decisions: &[RuleDecision<'_>], then: u64) {
    for RuleDecision { rule, slot, decision, .. } in decisions {
        if let (Counts::Rate(buckets, quota), Some(Decision::Allowed(tokens))) = (&rule.counts, *decision)
            && let Err(reason) = buckets.refund(*slot, *quota, tokens, then)
        {
            log::warn!(
                "rule `{}`: cannot return the tokens of a connection that another rule limited: {reason}",
                rule.plan.name
            );
        }
    }
}
