//! The headers that tell clients their limits: `Retry-After`, the IETF's `RateLimit` and `RateLimit-Policy`, and
//! `X-RateLimit-*`.
//!
//! Source: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers-09 and later, whose values are lists with one
//! quoted name per rule. Times are seconds, rounded up.

use std::fmt::Write;

use limits::Decision;
use limits::gcra::{Quota, SECOND};
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::decision::RuleDecision;
use crate::header_list::HeaderList;
use crate::limit::{Limit, Policy};
use crate::rls;
use crate::rule::Rule;

const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Which headers clients get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitHeaders {
    /// On limited requests only.
    pub(crate) retry_after: bool,
    pub(crate) ratelimit: bool,
    pub(crate) x_ratelimit: bool,
}

/// Returns the seconds until the rules that limit a request would allow it, at least one. `None` if waiting does not
/// help.
pub(crate) fn retry_after_seconds(decisions: &[RuleDecision<'_>]) -> Option<u64> {
    let waits = decisions.iter().filter(|decision| decision.limits()).map(RuleDecision::wait);
    // A rule that never allows the request outlasts every wait.
    let longest = waits.reduce(|one, other| Some(one?.max(other?)))??;
    Some(longest.div_ceil(SECOND).max(1))
}

/// How much of a rule's limit a client has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleStatus {
    /// The rule's index.
    pub(crate) rule: usize,
    policy: Policy,
    /// Requests that the rule would still allow.
    remaining: u64,
    /// Seconds until the limit is whole again, if known.
    reset: Option<u64>,
}

impl RuleStatus {
    fn of(decided: &RuleDecision<'_>, now: u64) -> Option<Self> {
        if let Some(decision @ (Decision::Admitted { .. } | Decision::Full)) = decided.decision {
            let remaining = if let Decision::Admitted { remaining } = decision { remaining } else { 0 };
            let policy = decided.rule.plan.limit.policy;
            return Some(Self { rule: decided.rule.position, policy, remaining, reset: None });
        }
        let Limit { quota, policy, .. } = *decided.bucket?.limit;
        let tat = match decided.decision? {
            Decision::Allowed(tokens) => tokens.tat(),
            Decision::Limited { wait } => quota.tat_of_wait(wait, now),
            _ => return None,
        };
        let reset = Some(quota.reset(tat, now).div_ceil(SECOND));
        Some(Self { rule: decided.rule.position, policy, remaining: quota.remaining(tat, now), reset })
    }

    /// Shows the bucket after a charge at `now`.
    pub(crate) fn show(&mut self, quota: Quota, tat: u64, now: u64) {
        self.remaining = quota.remaining(tat, now);
        self.reset = Some(quota.reset(tat, now).div_ceil(SECOND));
    }

    /// Adopts what the rate limit service reports. `false` if it reports no limit.
    fn update(&mut self, status: &rls::Status) -> bool {
        let Some(limit) = status.current_limit else { return false };
        if let Some(seconds) = limit.unit().seconds() {
            self.policy = Policy { requests: limit.requests_per_unit.into(), seconds };
        }
        self.remaining = status.limit_remaining.into();
        self.reset = status.duration_until_reset.map(|duration| duration.whole_seconds());
        true
    }
}

/// Adopts what the rate limit service reports about the rules in the call. If the service limits the request, drops the
/// other rules: their status would tell the client to continue.
pub(crate) fn update(
    rules: &mut Vec<RuleStatus>,
    asked: &[usize],
    reported: &[rls::Status],
    is_over_limit: bool,
) {
    rules.retain_mut(|rule| {
        let status = asked.iter().zip(reported).find(|(position, _)| **position == rule.rule);
        status.is_some_and(|(_, status)| rule.update(status)) || !is_over_limit
    });
}

impl LimitHeaders {
    /// Returns whether some are on responses to requests that are not limited.
    pub(crate) fn are_on_all_responses(self) -> bool {
        self.ratelimit || self.x_ratelimit
    }

    /// Collects the status of each rule that is not in shadow mode, for [`of`](Self::of).
    pub(crate) fn rule_statuses(self, decisions: &[RuleDecision<'_>], now: u64) -> Vec<RuleStatus> {
        if !self.are_on_all_responses() {
            return Vec::new();
        }
        let shown = decisions.iter().filter(|decided| !decided.rule.plan.shadow);
        shown.filter_map(|decided| RuleStatus::of(decided, now)).collect()
    }

    /// Builds the headers of a message, with `retry-after` if the request is limited and the time is known.
    pub(crate) fn of(self, rules: &[Rule], statuses: &[RuleStatus], retry_after: Option<u64>) -> HeaderList {
        let mut headers = HeaderList::new();
        if let Some(seconds) = retry_after.filter(|_| self.retry_after) {
            headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.ratelimit && !statuses.is_empty() {
            let (mut policies, mut limits) = (String::new(), String::new());
            for RuleStatus { rule, policy, remaining, reset } in statuses {
                let separator = if policies.is_empty() { "" } else { ", " };
                let name = rules.get(*rule).map_or("", |rule| rule.plan.name.as_str());
                _ = write!(policies, "{separator}\"{name}\";q={}", policy.requests);
                _ = match policy.seconds {
                    0 => policies.write_str(";qu=\"concurrent-requests\""),
                    seconds => write!(policies, ";w={seconds}"),
                };
                _ = write!(limits, "{separator}\"{name}\";r={remaining}");
                _ = reset.map(|seconds| write!(limits, ";t={seconds}"));
            }
            // Rule names have no control characters, so these are valid values.
            headers.extend(HeaderValue::new(policies).ok().map(|policies| (RATELIMIT_POLICY, policies)));
            headers.extend(HeaderValue::new(limits).ok().map(|limits| (RATELIMIT, limits)));
        }
        let tightest = statuses.iter().min_by_key(|status| status.remaining);
        if let Some(RuleStatus { policy, remaining, reset, .. }) = tightest.filter(|_| self.x_ratelimit) {
            headers.push((X_LIMIT, HeaderValue::from(policy.requests)));
            headers.push((X_REMAINING, HeaderValue::from(*remaining)));
            headers.extend(reset.map(|seconds| (X_RESET, HeaderValue::from(seconds))));
        }
        headers
    }
}
