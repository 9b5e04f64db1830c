//! Rules with `concurrency`, which count the requests that each key has in flight.

use limits::in_flight::Guard;
use proxy_filter::HostError;

use crate::limiter::RuleDecision;

/// The places of a request that all rules allow. It counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Guards(#[expect(dead_code, reason = "only dropped")] Vec<Guard>);

/// Counts a request in all of these rules, or in none if one of them limits it. Moves them to the other decisions, and returns
/// whether one does.
#[inline(never)]
pub(crate) fn decide<'a>(
    decisions: &mut Vec<RuleDecision<'a>>,
    unasked: Vec<RuleDecision<'a>>,
    now: u64,
    guards: &mut Option<Box<Guards>>,
) -> Result<bool, HostError> {
    let mut taken = Vec::new();
    for mut decided in unasked {
        // Without a bucket, the request lacks a part of the key.
        if let (Some(bucket), Some(in_flight)) = (decided.bucket.take(), &decided.rule.in_flight) {
            let most = decided.rule.plan.concurrency.unwrap_or_default();
            let (decision, guard) = in_flight.acquire(bucket.slot, most, now)?;
            decided.decision = Some(decision);
            taken.extend(guard);
        }
        decisions.push(decided);
    }
    let is_limited = decisions.iter().any(RuleDecision::limits);
    if !is_limited && !taken.is_empty() {
        *guards = Some(Box::new(Guards(taken)));
    }
    Ok(is_limited)
}
