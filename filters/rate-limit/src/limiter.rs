//! Applies several rules to one request: either all allow it and all are charged, or no rule is charged.

use limits::Decision;
use limits::in_flight::Guard;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;
use proxy_filter::shared_data::Seen;

use crate::decision::RuleDecision;
use crate::in_flight;
use crate::rule::{Applicability, Bucket};
use crate::ruleset::Ruleset;

/// Charges every rule that applies, or no rule if one of them limits the request. `has_late` tells whether one of the rules is
/// charged once the response is known: such a rule only peeks. `guards` gets the places of a request that is counted as in
/// flight. `now` is in nanoseconds.
pub(crate) fn decide<'a>(
    ruleset: &'a Ruleset,
    inputs: &Inputs<'_>,
    now: u64,
    has_late: bool,
    guards: &mut Vec<Guard>,
) -> Result<Vec<RuleDecision<'a>>, HostError> {
    let (rules, in_flight) = ruleset.by_kind();
    let mut decisions = Vec::with_capacity(ruleset.rules.len());
    for rule in rules {
        let bucket = match rule.applicability(inputs)? {
            Applicability::Skip => continue,
            Applicability::Bucket(bucket) => Some(bucket),
            Applicability::Denied => None,
        };
        decisions.push(RuleDecision { rule, decision: None, bucket });
    }
    // With several rules, peek before charging, so that a limited request writes nothing. The charges reuse what was read.
    let mut seen = Vec::new();
    if has_late || !in_flight.is_empty() || decisions.len() > 1 {
        seen = peek(&mut decisions, now)?;
        if is_limited(&decisions) {
            settle_limited(&mut decisions, guards);
            return Ok(decisions);
        }
    }
    // Asked last, so that a request that others limit counts nowhere.
    if !in_flight.is_empty() {
        in_flight::decide(in_flight, &mut decisions, inputs, now, guards)?;
        if is_limited(&decisions) {
            settle_limited(&mut decisions, guards);
            return Ok(decisions);
        }
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
        refund(&decisions, now);
        settle_limited(&mut decisions, guards);
    } else {
        decisions.iter().for_each(|decision| decision.count(false));
        if has_late {
            decisions.iter_mut().filter(|it| it.is_late()).for_each(RuleDecision::undo_charge);
        }
    }
    Ok(decisions)
}

/// Fills in what charges would decide, and returns what was read.
#[inline(never)]
fn peek(decisions: &mut [RuleDecision<'_>], now: u64) -> Result<Vec<Option<Seen>>, HostError> {
    let mut seen = Vec::with_capacity(decisions.len());
    for RuleDecision { rule, decision, bucket } in decisions {
        let Some(Bucket { slot, limit }) = *bucket else { continue };
        let (peeked, read) = rule.buckets.peek(slot, limit.quota, now)?;
        *decision = Some(peeked);
        seen.push(read);
    }
    Ok(seen)
}

fn is_limited(decisions: &[RuleDecision<'_>]) -> bool {
    decisions.iter().any(RuleDecision::limits)
}

/// Ends a limited request: releases its places in flight, counts the decisions in the metrics, and reports each bucket as if it had
/// not been charged. Tokens that were taken are given back by [`refund`].
#[inline(never)]
fn settle_limited(decisions: &mut [RuleDecision<'_>], guards: &mut Vec<Guard>) {
    guards.clear();
    for decision in decisions {
        decision.count(true);
        decision.undo_charge();
    }
}

/// Gives back the tokens of the rules that were charged before another rule limited the request: after the peek, another
/// worker took that rule's last tokens.
#[inline(never)]
fn refund(decisions: &[RuleDecision<'_>], then: u64) {
    for RuleDecision { rule, decision, bucket } in decisions.iter().filter(|decision| !decision.is_late()) {
        if let (Some(Decision::Allowed(tokens)), Some(Bucket { slot, limit })) = (decision, bucket)
            && let Err(reason) = rule.buckets.refund(*slot, limit.quota, *tokens, then)
        {
            log::warn!(
                "rule `{}`: cannot return the tokens of a request that another rule limited: {reason}",
                rule.plan.name
            );
        }
    }
}
