//! Rules with `concurrency`, which count the requests that each key has in flight.

use limits::in_flight::Guard;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::decision::RuleDecision;
use crate::rule::{Applicability, Rule};

/// Counts a request in all of these rules that apply. Adds what they decide to the other decisions, and returns whether a rule
/// limits the request: then the caller drops the guards.
#[inline(never)]
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    decisions: &mut Vec<RuleDecision<'a>>,
    inputs: &Inputs<'_>,
    now: u64,
    guards: &mut Vec<Guard>,
) -> Result<bool, HostError> {
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
    Ok(decisions.iter().any(RuleDecision::limits))
}
