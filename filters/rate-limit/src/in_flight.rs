//! Rules with `concurrency`, which count the requests that each key has in flight.

use limits::in_flight::Guard;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::decision::RuleDecision;
use crate::rule::{Applicability, Rule};

/// Counts a request in each of these rules that applies, and adds their decisions. If a rule limits the request, the caller clears
/// `guards`, which undoes the counts.
#[inline(never)]
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    decisions: &mut Vec<RuleDecision<'a>>,
    inputs: &Inputs<'_>,
    now: u64,
    guards: &mut Vec<Guard>,
) -> Result<(), HostError> {
    for rule in rules {
        let decision = match (rule.applicability(inputs)?, &rule.in_flight) {
            (Applicability::Bucket(bucket), Some(in_flight)) => {
                let most = rule.plan.concurrency.unwrap_or_default();
                let (decision, guard) = in_flight.acquire(bucket.slot, most, now)?;
                guards.extend(guard);
                Some(decision)
            }
            (Applicability::Denied, _) => None,
            _ => continue,
        };
        decisions.push(RuleDecision { rule, decision, bucket: None });
    }
    Ok(())
}
