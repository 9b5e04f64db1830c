//! The charges of a request that its response decides about.

use std::rc::Rc;

use limits::gcra::Quota;
use limits::{LateCharge, Slot};
use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::headers::{HeaderName, HeaderPairs, ResponseHeaders};
use proxy_filter::inputs::Snapshot;

use crate::body::Reader;
use crate::decision::RuleDecision;
use crate::late::{LatePlan, Place, ResponseCost};
use crate::limit_headers::RuleStatus;
use crate::rule::Rule;
use crate::ruleset::Ruleset;

#[cfg(feature = "body")]
mod in_body;

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
#[derive(Debug)]
struct DueCharge {
    /// The rule's index.
    rule: usize,
    slot: Slot,
    quota: Quota,
    /// Tokens that the rule's quota takes at once.
    unit: u64,
    /// Reads the body of the response, once its headers have arrived.
    reader: Option<Reader>,
}

impl DueCharges {
    /// The late charges of a request that all rules allow. `None` if there are none.
    #[inline(never)]
    pub(crate) fn new(ruleset: &Rc<Ruleset>, decisions: &[RuleDecision<'_>]) -> Option<Self> {
        let charge = |decided: &RuleDecision<'_>| {
            let bucket =
                decided.bucket.filter(|_| decided.rule.plan.late.is_some() && decided.is_allowed())?;
            let (quota, unit) = (bucket.limit.quota, bucket.limit.cost);
            Some(DueCharge { rule: decided.rule.position, slot: bucket.slot, quota, unit, reader: None })
        };
        let charges: Vec<_> = decisions.iter().filter_map(charge).collect();
        let ruleset = Rc::clone(ruleset);
        let due = Self { ruleset, request: Snapshot::default(), charges };
        (!due.charges.is_empty()).then_some(due)
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
        let (response, request) = (headers.pairs()?, std::mem::take(&mut self.request));
        for mut due in std::mem::take(&mut self.charges) {
            let Some((rule, late)) = due.rule(&self.ruleset) else { continue };
            if !late.charges(&request, &response) {
                continue;
            }
            let requests = match &late.cost {
                None => 1,
                Some(cost @ ResponseCost { place: Place::Header(name), .. }) => {
                    tokens(rule, cost, in_header(name, &response))
                }
                Some(cost @ ResponseCost { place: Place::Json(json), .. }) => match json.reader(&response) {
                    Ok(reader) if !headers.end_of_stream() => {
                        due.reader = Some(reader);
                        self.charges.push(due);
                        continue;
                    }
                    Ok(_) => tokens(rule, cost, None),
                    Err(encoding) => {
                        self.ruleset.warning.warn(format_args!(
                            "rule `{}`: a response is compressed (content-encoding: {encoding}), so its cost is the default: remove \
                             `accept-encoding` from requests",
                            rule.plan.name
                        ))?;
                        tokens(rule, cost, None)
                    }
                },
            };
            if let Some((charge, now)) = due.make(&self.ruleset, rule, requests)? {
                let shown = statuses.iter_mut().find(|status| status.rule == due.rule);
                shown.into_iter().for_each(|status| status.show(due.quota, charge.tat, now));
            }
        }
        Ok(())
    }

    /// Makes the charges that are left.
    fn finish(&mut self) {
        for mut due in std::mem::take(&mut self.charges) {
            let Some((rule, LatePlan { when, cost: Some(cost) })) = due.rule(&self.ruleset) else { continue };
            let requests = match (&mut due.reader, &cost.place) {
                (Some(reader), Place::Json(json)) => tokens(rule, cost, reader.found(json)),
                // Without a response, there is none that meets the condition.
                _ if when.is_some() => continue,
                _ => cost.default.into(),
            };
            if let Err(reason) = due.make(&self.ruleset, rule, requests) {
                log::warn!("rule `{}`: cannot charge a request: {reason}", rule.plan.name);
            }
        }
    }
}

impl Drop for DueCharges {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Returns the tokens that a response costs. Counts it if it does not say.
fn tokens(rule: &Rule, cost: &ResponseCost, found: Option<u32>) -> u64 {
    if found.is_none() {
        rule.counters.cost_unknown.iter().for_each(|unknown| unknown.increment(1));
    }
    found.unwrap_or(cost.default).into()
}

/// Reads a whole number in a response header.
fn in_header(name: &HeaderName, response: &HeaderPairs) -> Option<u32> {
    std::str::from_utf8(response.first(name)?).ok()?.trim_ascii().parse().ok()
}

impl DueCharge {
    fn rule<'a>(&self, ruleset: &'a Ruleset) -> Option<(&'a Rule, &'a LatePlan)> {
        let rule = ruleset.rules.get(self.rule)?;
        Some((rule, rule.plan.late.as_ref()?))
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
        if charge.is_none_or(|charge| charge.is_cut) {
            rule.counters.charges_cut.iter().for_each(|cut| cut.increment(1));
        }
        if charge.is_some() {
            rule.counters.charged.iter().for_each(|charged| charged.increment(tokens));
        }
        Ok(charge.map(|charge| (charge, now)))
    }
}
