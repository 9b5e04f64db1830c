//! The charges of a request that its response decides about.

use std::rc::Rc;

use limits::gcra::Quota;
use limits::{LateCharge, Slot};
use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::headers::{HeaderPairs, ResponseHeaders};
use proxy_filter::inputs::Snapshot;

use crate::limit_headers::RuleStatus;
use crate::limiter::RuleDecision;
use crate::rule::Rule;
use crate::ruleset::Ruleset;

/// The charges that are due when the response is known. Those that are left when the stream ends are made then, so that no
/// client saves them by leaving.
#[derive(Debug)]
pub(crate) struct DueCharges {
    ruleset: Rc<Ruleset>,
    /// What conditions read of the request.
    request: Snapshot,
    charges: Vec<DueCharge>,
}

/// The charge of one rule.
#[derive(Clone, Copy, Debug)]
struct DueCharge {
    /// The rule's index.
    rule: usize,
    slot: Slot,
    quota: Quota,
    /// Tokens that the rule's quota takes at once.
    unit: u64,
}

impl DueCharges {
    /// The late charges of a request that all rules allow. `None` if there are none.
    #[inline(never)]
    pub(crate) fn new(ruleset: &Rc<Ruleset>, decisions: &[RuleDecision<'_>]) -> Option<Box<Self>> {
        let charge = |decided: &RuleDecision<'_>| {
            let bucket =
                decided.bucket.filter(|_| decided.rule.plan.late.is_some() && decided.is_allowed())?;
            let (quota, unit) = (bucket.limit.quota, bucket.limit.cost);
            Some(DueCharge { rule: decided.rule.position, slot: bucket.slot, quota, unit })
        };
        let charges: Vec<_> = decisions.iter().filter_map(charge).collect();
        let ruleset = Rc::clone(ruleset);
        let due = Self { ruleset, request: Snapshot::default(), charges };
        (!due.charges.is_empty()).then(|| Box::new(due))
    }

    /// Keeps the request for conditions that read it.
    pub(crate) fn keep_request(&mut self, request: Snapshot) {
        self.request = request;
    }

    /// Drops the charges, because the filter replies.
    pub(crate) fn discard(mut self) {
        self.charges.clear();
    }

    /// Makes the charges that the response's headers decide about. `statuses` then show them.
    #[inline(never)]
    pub(crate) fn on_response_headers(
        &mut self,
        headers: &ResponseHeaders,
        statuses: &mut [RuleStatus],
    ) -> Result<(), HostError> {
        let response = headers.pairs()?;
        for due in std::mem::take(&mut self.charges) {
            let Some((rule, requests)) = due.of_headers(&self.ruleset, &self.request, &response) else {
                continue;
            };
            if let Some((charge, now)) = due.make(&self.ruleset, rule, requests)? {
                let shown = statuses.iter_mut().find(|status| status.rule == due.rule);
                shown.into_iter().for_each(|status| status.show(due.quota, charge.tat, now));
            }
        }
        Ok(())
    }
}

impl Drop for DueCharges {
    #[inline(never)]
    fn drop(&mut self) {
        for due in &self.charges {
            let rule = self.ruleset.rules.get(due.rule);
            let charge = rule.and_then(|rule| Some((rule, rule.plan.late.as_ref()?.without_response()?)));
            if let Some((rule, tokens)) = charge
                && let Err(reason) = due.make(&self.ruleset, rule, tokens.into())
            {
                log::warn!("rule `{}`: cannot charge a request without a response: {reason}", rule.plan.name);
            }
        }
    }
}

impl DueCharge {
    /// Returns the rule, and what it charges for a response with these headers. `None` if nothing.
    fn of_headers<'a>(
        &self,
        ruleset: &'a Ruleset,
        request: &Snapshot,
        response: &HeaderPairs,
    ) -> Option<(&'a Rule, u64)> {
        let rule = ruleset.rules.get(self.rule)?;
        let late = rule.plan.late.as_ref().filter(|late| late.charges(request, response))?;
        let Some(cost) = &late.cost else { return Some((rule, 1)) };
        let found = cost.in_headers(response);
        if found.is_none() {
            rule.counters.cost_unknown.iter().for_each(|unknown| unknown.increment(1));
        }
        Some((rule, found.unwrap_or(cost.default).into()))
    }

    /// Charges the bucket for this many requests. Returns the charge and its time.
    #[inline(never)]
    fn make(
        &self,
        ruleset: &Ruleset,
        rule: &Rule,
        requests: u64,
    ) -> Result<Option<(LateCharge, u64)>, HostError> {
        if requests == 0 {
            return Ok(None);
        }
        let now = ruleset.ensure_confirmed(clock::monotonic_nanoseconds()?);
        let charge = rule.buckets.charge_late(self.slot, self.quota, requests, now)?;
        let tokens = u32::try_from(requests.saturating_mul(self.unit)).unwrap_or(u32::MAX);
        match charge {
            Some(LateCharge { is_cut: false, .. }) => {}
            Some(_) | None => rule.counters.charges_cut.iter().for_each(|cut| cut.increment(1)),
        }
        if charge.is_some() {
            rule.counters.charged.iter().for_each(|charged| charged.increment(tokens));
        }
        Ok(charge.map(|charge| (charge, now)))
    }
}
