//! Rules with `concurrency`: they count the requests that each key has in flight.

use limits::in_flight::{Admission, Guard};
use limits::{Decision, Slot, Tokens};
use proxy_filter::HostError;

use crate::limiter::RuleDecision;

/// What stands for the tokens of a bucket, which these rules have not.
const ALLOWED: Decision = Decision::Allowed(Tokens::Bucket { tat: 0 });

/// Takes the slots of these rules' keys, in order. Until the rules are [asked](acquire), they are taken to allow the request,
/// unless it lacks a part of the key.
#[inline(never)]
pub(crate) fn take_slots(decisions: &mut [RuleDecision<'_>]) -> Vec<Slot> {
    let of_rule = |decided: &mut RuleDecision<'_>| {
        let bucket = decided.bucket.take_if(|_| decided.rule.in_flight.is_some())?;
        (decided.decision, decided.remaining) = (Some(ALLOWED), Some(0));
        Some(bucket.slot)
    };
    decisions.iter_mut().filter_map(of_rule).collect()
}

/// Counts a request in all of these rules, or in none if one of them limits it. Returns whether one does.
#[inline(never)]
pub(crate) fn acquire(
    decisions: &mut [RuleDecision<'_>],
    slots: &[Slot],
    now: u64,
    guards: &mut Vec<Guard>,
) -> Result<bool, HostError> {
    let asked = decisions.iter_mut().filter(|decided| decided.remaining.is_some());
    for (decided, slot) in asked.zip(slots) {
        let Some(in_flight) = &decided.rule.in_flight else { continue };
        let most = decided.rule.plan.concurrency.unwrap_or_default();
        decided.decision = Some(match in_flight.acquire(*slot, most, now)? {
            Admission::Admitted { guard, remaining } => {
                guards.push(guard);
                decided.remaining = Some(remaining);
                ALLOWED
            }
            // The time at which a request ends is unknown.
            Admission::Full => Decision::Limited { wait: 0 },
            Admission::Contention => Decision::Contention,
            Admission::NoTable => Decision::NoTable,
        });
    }
    let is_limited = decisions.iter().any(RuleDecision::limits);
    if is_limited {
        guards.clear();
    }
    Ok(is_limited)
}
