//! What a rule decides about a request.

use limits::{Decision, Tokens};

use crate::rule::{Bucket, Rule};

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
    pub(crate) fn is_late(&self) -> bool {
        self.rule.plan.late.is_some()
    }

    /// Undoes the charge in what clients are told: another rule limits the request, or the rule is charged later, so it took
    /// no tokens.
    pub(crate) fn undo_charge(&mut self) {
        if let (Some(Decision::Allowed(tokens)), Some(bucket)) = (self.decision, self.bucket) {
            let tat = bucket.limit.quota.before(tokens.tat());
            self.decision = Some(Decision::Allowed(Tokens::Bucket { tat }));
        } else if let Some(Decision::Admitted { remaining }) = &mut self.decision {
            *remaining = remaining.saturating_add(1);
        }
    }

    /// Counts the request in the rule's metrics, once all rules have decided.
    pub(crate) fn count(&self, is_limited: bool) {
        let counters = &self.rule.counters;
        match self.decision {
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) if is_limited => {}
            Some(Decision::Allowed(_) | Decision::Admitted { .. }) => counters.allowed.increment(1),
            Some(Decision::Contention | Decision::NoTable) => counters.contention.increment(1),
            Some(Decision::Limited { .. } | Decision::Full) | None => counters.limited.increment(1),
        }
    }
}
