//! What the rules with `concurrency` decide about one request.

use limits::in_flight::Guard;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::concurrency::{Concurrency, ConcurrencyRule, Verdict};
use crate::limit_headers::RuleStatus;
use crate::reply::Retry;

/// The decisions of the rules that apply to a request.
#[derive(Debug)]
pub(crate) struct Admissions<'a> {
    /// `None` if the configuration has no such rules.
    concurrency: Option<&'a Concurrency>,
    /// Each with the index of its rule.
    decided: Vec<(usize, &'a ConcurrencyRule, Verdict)>,
}

impl<'a> Admissions<'a> {
    pub(crate) fn new(concurrency: Option<&'a Concurrency>) -> Self {
        Self { concurrency, decided: Vec::new() }
    }

    /// Returns whether there are rules.
    pub(crate) fn have_rules(&self) -> bool {
        self.concurrency.is_some()
    }

    /// Counts a request in every rule that applies, or in none if one of them limits it. Returns whether one does.
    pub(crate) fn decide(&mut self, inputs: &Inputs<'_>, now: u64) -> Result<bool, HostError> {
        let Some(Concurrency { rules, tables }) = self.concurrency else { return Ok(false) };
        let now = tables.ensure_confirmed(rules, now);
        for (index, rule) in rules.iter().enumerate() {
            let Some(verdict) = rule.decide(inputs, now)? else { continue };
            self.decided.push((index, rule, verdict));
            // A limited request takes no place of the other rules, even for a moment.
            if self.limits() {
                self.withdraw();
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives the places back: a rule limits the request.
    pub(crate) fn withdraw(&mut self) {
        for (_, rule, verdict) in &mut self.decided {
            match verdict {
                Verdict::Admitted { guard, remaining } => {
                    *guard = None;
                    *remaining = remaining.saturating_add(1);
                }
                Verdict::Full | Verdict::Denied => rule.counters.limited.increment(1),
                Verdict::Unavailable => rule.counters.contention.increment(1),
            }
        }
    }

    /// Returns the places of a request that all rules allow.
    pub(crate) fn into_guards(self) -> Vec<Guard> {
        let guard = |(_, rule, verdict): (usize, &ConcurrencyRule, Verdict)| match verdict {
            Verdict::Admitted { guard, .. } => {
                rule.counters.allowed.increment(1);
                guard
            }
            // In shadow mode.
            Verdict::Full | Verdict::Denied => {
                rule.counters.limited.increment(1);
                None
            }
            Verdict::Unavailable => {
                rule.counters.contention.increment(1);
                None
            }
        };
        self.decided.into_iter().filter_map(guard).collect()
    }

    /// Returns whether a rule limits the request.
    pub(crate) fn limits(&self) -> bool {
        self.limiting().next().is_some()
    }

    /// Returns when to retry, if a rule limits the request. The time at which a request in flight ends is unknown.
    pub(crate) fn retry(&self) -> Option<Retry> {
        let (name, verdict) = self.limiting().next()?;
        log::debug!("limited by rule `{name}`");
        Some(match verdict {
            Verdict::Denied => Retry::Never,
            Verdict::Unavailable => Retry::AfterSeconds(1),
            Verdict::Full | Verdict::Admitted { .. } => Retry::Later,
        })
    }

    /// Adds the status of each rule that is not in shadow mode. `first` is the index of the first of these rules in headers.
    pub(crate) fn add_statuses(&self, first: usize, statuses: &mut Vec<RuleStatus>) {
        for (index, rule, verdict) in self.decided.iter().filter(|(_, rule, _)| !rule.plan.shadow) {
            let remaining = match verdict {
                Verdict::Admitted { remaining, .. } => *remaining,
                Verdict::Full => 0,
                Verdict::Denied | Verdict::Unavailable => continue,
            };
            statuses.push(RuleStatus::at_once(first.saturating_add(*index), rule.plan.most, remaining));
        }
    }

    fn limiting(&self) -> impl Iterator<Item = (&str, &Verdict)> {
        let limiting = |(_, rule, verdict): &&(usize, &ConcurrencyRule, Verdict)| {
            !rule.plan.shadow && !matches!(verdict, Verdict::Admitted { .. })
        };
        self.decided.iter().filter(limiting).map(|(_, rule, verdict)| (rule.plan.name.as_str(), verdict))
    }
}
