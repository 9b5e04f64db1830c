//! Rules with `concurrency`, which count the requests that each key has in flight.

use limits::in_flight::Guard;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::limiter::RuleDecision;
use crate::rule::{Applicability, Rule};

/// The places of a request that all rules allow. It counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Guards(#[expect(dead_code, reason = "only dropped")] Vec<Guard>);

/// Counts a request in all rules of this kind that apply, or in none if one of them limits it. Returns whether one does.
#[inline(never)]
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    inputs: &Inputs<'_>,
    now: u64,
    decisions: &mut Vec<RuleDecision<'a>>,
    guards: &mut Option<Box<Guards>>,
) -> Result<bool, HostError> {
    let mut taken = Vec::new();
    for rule in rules {
        let (Some(in_flight), Some(most)) = (&rule.in_flight, rule.plan.concurrency) else { continue };
        let decision = match rule.applicability(inputs)? {
            Applicability::Skip => continue,
            Applicability::Denied => None,
            Applicability::Bucket(bucket) => {
                let (decision, guard) = in_flight.acquire(bucket.slot, most, now)?;
                taken.extend(guard);
                Some(decision)
            }
        };
        decisions.push(RuleDecision { rule, decision, bucket: None });
    }
    let is_limited = decisions.iter().any(RuleDecision::limits);
    if !is_limited && !taken.is_empty() {
        *guards = Some(Box::new(Guards(taken)));
    }
    Ok(is_limited)
}
