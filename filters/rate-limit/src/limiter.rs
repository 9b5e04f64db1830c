//! Applies several rules to one request: either all allow it and all are charged, or no rule is charged.

use limits::{Decision, Tokens};
use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::inputs::Inputs;

use crate::in_flight::{self, Guards};
use crate::rule::{Applicability, Bucket, Rule};

/// What one rule decides about a request.
#[derive(Debug)]
pub(crate) struct RuleDecision<'a> {
    pub(crate) rule: &'a Rule,
    /// `None` if the request lacks a part of the key.
    pub(crate) decision: Option<Decision>,
    pub(crate) bucket: Option<Bucket<'a>>,
}

impl RuleDecision<'_> {
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self.decision, Some(Decision::Allowed(_) | Decision::Admitted { .. }))
    }

    /// Returns whether this rule limits the request.
    pub(crate) fn limits(&self) -> bool {
        !self.is_allowed() && !self.rule.plan.shadow
    }

    /// Returns the nanoseconds until the rule would allow the request. `None` if waiting does not help.
    pub(crate) fn wait(&self) -> Option<u64> {
        match self.decision {
            Some(Decision::Limited { wait }) => Some(wait),
            // Nobody knows when a request in flight ends.
            Some(Decision::Contention | Decision::NoTable | Decision::Full) => Some(0),
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) | None => None,
        }
    }

    /// Returns whether the rule is charged once the response is known.
    fn is_late(&self) -> bool {
        self.rule.plan.late.is_some()
    }

    /// Undoes the charge in what clients are told: another rule limits the request, or the rule is charged later, so it took
    /// no tokens.
    fn undo_charge(&mut self) {
        if let (Some(Decision::Allowed(tokens)), Some(bucket)) = (self.decision, self.bucket) {
            let tat = bucket.limit.quota.before(tokens.tat());
            self.decision = Some(Decision::Allowed(Tokens::Bucket { tat }));
        } else if let Some(Decision::Admitted { remaining }) = &mut self.decision {
            *remaining = remaining.saturating_add(1);
        }
    }

    /// Counts the request in the rule's metrics, once all rules have decided.
    fn count(&self, is_limited: bool) {
        let counters = &self.rule.counters;
        match self.decision {
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) if is_limited => {}
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) => counters.allowed.increment(1),
            Some(Decision::Contention | Decision::NoTable) => counters.contention.increment(1),
            Some(Decision::Limited { .. } | Decision::Full) | None => counters.limited.increment(1),
        }
    }
}

/// Charges every rule that applies, or no rule if one of them limits the request. `has_late` tells whether one of the rules is
/// charged once the response is known: such a rule only peeks. `guards` gets the places of a request that is counted as in
/// flight.
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    inputs: &Inputs<'_>,
    now: u64,
    has_late: bool,
    guards: &mut Option<Box<Guards>>,
) -> Result<Vec<RuleDecision<'a>>, HostError> {
    let mut decisions = Vec::with_capacity(rules.len());
    // Rules that count requests in flight are asked last, so that a request that others limit counts nowhere.
    let mut last = Vec::new();
    for rule in rules {
        let bucket = match rule.applicability(inputs)? {
            Applicability::Skip => continue,
            Applicability::Bucket(bucket) => Some(bucket),
            Applicability::Denied => None,
        };
        if rule.in_flight.is_some() {
            last.push(RuleDecision { rule, decision: None, bucket });
            continue;
        }
        decisions.push(RuleDecision { rule, decision: None, bucket });
    }
    let mut seen = Vec::new();
    // With several rules, peek before charging, so that a limited request writes nothing. The charges reuse what was read.
    if has_late || !last.is_empty() || decisions.len() > 1 {
        for RuleDecision { rule, decision, bucket } in &mut decisions {
            let Some(Bucket { slot, limit }) = *bucket else { continue };
            let (peeked, read) = rule.buckets.peek(slot, limit.quota, now)?;
            *decision = Some(peeked);
            seen.push(read);
        }
        if is_limited(&decisions) {
            undo_and_count(&mut decisions);
            return Ok(decisions);
        }
    }
    if !last.is_empty() && in_flight::decide(&mut decisions, last, now, guards)? {
        undo_and_count(&mut decisions);
        return Ok(decisions);
    }
    let mut seen = seen.into_iter();
    for RuleDecision { rule, decision, bucket } in &mut decisions {
        if let Some(Bucket { slot, limit }) = *bucket {
            let read = seen.next().flatten();
            if has_late && rule.plan.late.is_some() {
                continue;
            }
            *decision = Some(rule.buckets.charge(slot, limit.quota, now, read)?);
        }
    }
    if is_limited(&decisions) {
        *guards = None;
        refund(&decisions, now)?;
        undo_and_count(&mut decisions);
    } else {
        decisions.iter().for_each(|decision| decision.count(false));
        if has_late {
            decisions.iter_mut().filter(|it| it.is_late()).for_each(RuleDecision::undo_charge);
        }
    }
    Ok(decisions)
}

fn is_limited(decisions: &[RuleDecision<'_>]) -> bool {
    decisions.iter().any(RuleDecision::limits)
}

fn undo_and_count(decisions: &mut [RuleDecision<'_>]) {
    for decision in decisions {
        decision.count(true);
        decision.undo_charge();
    }
}

/// Returns the tokens of the rules that were charged before another rule limited the request: after the peek, another
/// worker took that rule's last tokens.
fn refund(decisions: &[RuleDecision<'_>], then: u64) -> Result<(), HostError> {
    let ago = clock::monotonic_nanoseconds()?.saturating_sub(then);
    for RuleDecision { rule, decision, bucket } in decisions.iter().filter(|decision| !decision.is_late()) {
        if let (Some(Decision::Allowed(tokens)), Some(Bucket { slot, limit })) = (decision, bucket)
            && let Err(reason) = rule.buckets.refund(*slot, limit.quota, *tokens, ago)
        {
            log::warn!(
                "rule `{}`: cannot return the tokens of a request that another rule limited: {reason}",
                rule.plan.name
            );
        }
    }
    Ok(())
}
