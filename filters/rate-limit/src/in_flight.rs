//! Rules with `concurrency`: they count the requests that each key has in flight.

use limits::in_flight::{Admission, Guard};
use limits::{Decision, Slot, Tokens};
use proxy_filter::HostError;

use crate::limiter::RuleDecision;

/// The requests that a key has in flight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupancy {
    slot: Slot,
    /// Requests that could still be admitted.
    pub(crate) remaining: u64,
    is_counted: bool,
}

impl Occupancy {
    /// Undoes the count in what clients are told: another rule limits the request.
    pub(crate) fn undo(&mut self) {
        self.remaining = self.remaining.saturating_add(self.is_counted.into());
    }
}

/// What a rule is taken to decide before it is asked. A rule that denies the request, which lacks a part of the key, is not asked.
pub(crate) fn unasked(mut decided: RuleDecision<'_>) -> RuleDecision<'_> {
    if let Some(bucket) = decided.bucket.take() {
        decided.decision = Some(Decision::Allowed(Tokens::Bucket { tat: 0 }));
        decided.occupancy = Some(Occupancy { slot: bucket.slot, remaining: 0, is_counted: false });
    }
    decided
}

/// Counts a request in every rule that applies, or in none if one of them limits it. Returns whether one does.
#[inline(never)]
pub(crate) fn acquire(
    decisions: &mut [RuleDecision<'_>],
    now: u64,
    guards: &mut Vec<Guard>,
) -> Result<bool, HostError> {
    for decided in decisions.iter_mut() {
        let (Some(in_flight), Some(occupancy)) = (&decided.rule.in_flight, &mut decided.occupancy) else {
            continue;
        };
        let most = decided.rule.plan.concurrency.unwrap_or_default();
        decided.decision = Some(match in_flight.acquire(occupancy.slot, most, now)? {
            Admission::Admitted { guard, remaining } => {
                guards.push(guard);
                (occupancy.remaining, occupancy.is_counted) = (remaining, true);
                Decision::Allowed(Tokens::Bucket { tat: 0 })
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
