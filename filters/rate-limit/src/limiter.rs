//! Several rules for one request: all pass and all are charged, or none is.

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::inputs::Inputs;
use proxy_filter::shared_data::UpdateError;

use crate::gcra::Decision;
use crate::rule::{Applies, Rule};
use crate::table::Slot;

/// What a rule says of a request.
#[derive(Debug)]
pub(crate) struct Verdict<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Decided(Decision),
    /// Other workers kept changing the bucket: refused, as nobody knows.
    Contention,
    /// The request lacks a part of the key, which the rule wants.
    Missing,
}

impl Verdict<'_> {
    pub(crate) fn admits(&self) -> bool {
        matches!(self.outcome, Outcome::Decided(Decision::Admitted { .. }))
    }

    /// Whether the request is refused for it.
    pub(crate) fn refuses(&self) -> bool {
        !self.admits() && !self.rule.shadow
    }

    /// Nanoseconds until the rule would admit the request, as far as one can tell.
    pub(crate) fn wait(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Decided(Decision::Limited { wait }) => Some(wait),
            Outcome::Contention => Some(0),
            Outcome::Decided(Decision::Admitted { .. }) | Outcome::Missing => None,
        }
    }

    /// Of a request that another rule refuses: this one was not charged, so nothing was taken from its bucket.
    fn uncharged(&mut self) {
        if let Outcome::Decided(Decision::Admitted { tat }) = &mut self.outcome {
            *tat = self.rule.quota.before(*tat);
        }
    }

    /// Counts it in the rule's statistics, when all is decided.
    fn count(&self, is_refused: bool) {
        let counters = &self.rule.counters;
        match self.outcome {
            Outcome::Decided(Decision::Admitted { .. }) if is_refused => {}
            Outcome::Decided(Decision::Admitted { .. }) => counters.allowed.increment(1),
            Outcome::Contention => counters.contention.increment(1),
            Outcome::Decided(Decision::Limited { .. }) | Outcome::Missing if self.rule.shadow => {
                counters.shadow_limited.increment(1);
            }
            Outcome::Decided(Decision::Limited { .. }) | Outcome::Missing => counters.limited.increment(1),
        }
    }
}

/// Charges every rule that applies, or none if one of them refuses the request.
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    inputs: &Inputs<'_>,
    now: u64,
) -> Result<Vec<Verdict<'a>>, HostError> {
    let mut applying = Vec::with_capacity(rules.len());
    let mut verdicts = Vec::with_capacity(rules.len());
    for rule in rules {
        match rule.applies(inputs)? {
            Applies::No => {}
            Applies::To(slot) => applying.push((rule, slot)),
            Applies::Denied => verdicts.push(Verdict { rule, outcome: Outcome::Missing }),
        }
    }
    let is_refused = |verdicts: &[Verdict<'_>]| verdicts.iter().any(Verdict::refuses);
    // One rule needs no second look. Of several all are looked at first: a refusal then writes nothing.
    if applying.len() > 1 || !verdicts.is_empty() {
        let mut seen = verdicts_of(&applying, |rule, slot| rule.peek(slot, now))?;
        if is_refused(&verdicts) || is_refused(&seen) {
            verdicts.append(&mut seen);
            return Ok(refused(verdicts));
        }
    }
    let charged = verdicts_of(&applying, |rule, slot| rule.charge(slot, now))?;
    if is_refused(&charged) {
        give_back(&applying, &charged, now)?;
        verdicts.extend(charged);
        return Ok(refused(verdicts));
    }
    verdicts.extend(charged);
    verdicts.iter().for_each(|verdict| verdict.count(false));
    Ok(verdicts)
}

fn refused(mut verdicts: Vec<Verdict<'_>>) -> Vec<Verdict<'_>> {
    for verdict in &mut verdicts {
        verdict.count(true);
        verdict.uncharged();
    }
    verdicts
}

fn verdicts_of<'a>(
    applying: &[(&'a Rule, Slot)],
    ask: impl Fn(&Rule, Slot) -> Result<Decision, UpdateError>,
) -> Result<Vec<Verdict<'a>>, HostError> {
    let verdict = |(rule, slot): &(&'a Rule, Slot)| {
        let outcome = match ask(rule, *slot) {
            Ok(decision) => Outcome::Decided(decision),
            Err(UpdateError::Contention) => Outcome::Contention,
            Err(UpdateError::Host(error)) => return Err(error),
        };
        Ok(Verdict { rule, outcome })
    };
    applying.iter().map(verdict).collect()
}

/// Another worker took a last token in between: who was charged gets back what it gave.
fn give_back(applying: &[(&Rule, Slot)], charged: &[Verdict<'_>], then: u64) -> Result<(), HostError> {
    let ago = clock::monotonic_nanoseconds()?.saturating_sub(then);
    for ((rule, slot), verdict) in applying.iter().zip(charged) {
        if let Outcome::Decided(Decision::Admitted { tat }) = verdict.outcome
            && let Err(reason) = rule.refund(*slot, tat, ago)
        {
            log::warn!("`{}`: a token was not given back: {reason}", rule.name);
        }
    }
    Ok(())
}
