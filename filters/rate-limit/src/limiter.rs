//! Applies several rules to one request: either all allow it and all are charged, or no rule is charged.

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::inputs::Inputs;

use crate::rule::{Applicability, Decision, Rule, Tokens};
use crate::slot::Slot;

/// What one rule decides about a request.
#[derive(Debug)]
pub(crate) struct RuleDecision<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) decision: Decision,
}

impl RuleDecision<'_> {
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allowed(_))
    }

    /// Returns whether this rule limits the request.
    pub(crate) fn limits(&self) -> bool {
        !self.is_allowed() && !self.rule.plan.shadow
    }

    /// Returns the nanoseconds until the rule would allow the request. `None` if waiting does not help.
    pub(crate) fn wait(&self) -> Option<u64> {
        match self.decision {
            Decision::Limited { wait } => Some(wait),
            Decision::Contention | Decision::NoTable => Some(0),
            Decision::Allowed(_) | Decision::KeyMissing => None,
        }
    }

    /// Undoes the charge in what clients are told: another rule limits the request, so this one took no tokens.
    fn undo_charge(&mut self) {
        if let Decision::Allowed(tokens) = self.decision {
            let tat = self.rule.plan.quota.before(tokens.tat());
            self.decision = Decision::Allowed(Tokens::Bucket { tat });
        }
    }

    /// Counts the request in the rule's statistics, once all rules have decided.
    fn count(&self, is_limited: bool) {
        let counters = &self.rule.counters;
        match self.decision {
            Decision::Allowed(_) if is_limited => {}
            Decision::Allowed(_) => counters.allowed.increment(1),
            Decision::Contention | Decision::NoTable => counters.contention.increment(1),
            Decision::Limited { .. } | Decision::KeyMissing if self.rule.plan.shadow => {
                counters.shadow_limited.increment(1);
            }
            Decision::Limited { .. } | Decision::KeyMissing => counters.limited.increment(1),
        }
    }
}

/// Charges every rule that applies, or no rule if one of them limits the request.
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    inputs: &Inputs<'_>,
    now: u64,
) -> Result<Vec<RuleDecision<'a>>, HostError> {
    let mut applying = Vec::with_capacity(rules.len());
    let mut decisions = Vec::with_capacity(rules.len());
    for rule in rules {
        match rule.applicability(inputs)? {
            Applicability::Skip => {}
            Applicability::Bucket(slot) => applying.push((rule, slot)),
            Applicability::Denied => decisions.push(RuleDecision { rule, decision: Decision::KeyMissing }),
        }
    }
    let is_limited = |decisions: &[RuleDecision<'_>]| decisions.iter().any(RuleDecision::limits);
    // With several rules, peek before charging, so that a limited request writes nothing.
    if applying.len() > 1 || !decisions.is_empty() {
        let mut peeked = decisions_of(&applying, |rule, slot| rule.peek(slot, now))?;
        if is_limited(&decisions) || is_limited(&peeked) {
            decisions.append(&mut peeked);
            return Ok(limited(decisions));
        }
    }
    let charged = decisions_of(&applying, |rule, slot| rule.charge(slot, now))?;
    if is_limited(&charged) {
        refund(&applying, &charged, now)?;
        decisions.extend(charged);
        return Ok(limited(decisions));
    }
    decisions.extend(charged);
    decisions.iter().for_each(|decision| decision.count(false));
    Ok(decisions)
}

fn limited(mut decisions: Vec<RuleDecision<'_>>) -> Vec<RuleDecision<'_>> {
    for decision in &mut decisions {
        decision.count(true);
        decision.undo_charge();
    }
    decisions
}

fn decisions_of<'a>(
    applying: &[(&'a Rule, Slot)],
    decide: impl Fn(&Rule, Slot) -> Result<Decision, HostError>,
) -> Result<Vec<RuleDecision<'a>>, HostError> {
    let decision =
        |&(rule, slot): &(&'a Rule, Slot)| Ok(RuleDecision { rule, decision: decide(rule, slot)? });
    applying.iter().map(decision).collect()
}

/// Returns the tokens of the rules that were charged before another rule limited the request: after the peek, another
/// worker took that rule's last tokens.
fn refund(applying: &[(&Rule, Slot)], charged: &[RuleDecision<'_>], then: u64) -> Result<(), HostError> {
    let ago = clock::monotonic_nanoseconds()?.saturating_sub(then);
    for ((rule, slot), charged) in applying.iter().zip(charged) {
        if let Decision::Allowed(tokens) = charged.decision
            && let Err(reason) = rule.refund(*slot, tokens, ago)
        {
            log::warn!(
                "rule `{}`: cannot return the tokens of a request that another rule limited: {reason}",
                rule.plan.name
            );
        }
    }
    Ok(())
}
