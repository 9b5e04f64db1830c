//! What clients are told: `Retry-After`, the IETF's `RateLimit` and `RateLimit-Policy`, and `X-RateLimit-*`.
//!
//! Source: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers-09 and later, whose values are lists of
//! one quoted name per rule. Times are seconds, rounded up.

use std::fmt::Write;

use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::gcra::Decision;
use crate::limiter::{Outcome, Verdict};
use crate::rls::Status;
use crate::rule::{Policy, Rule};

const SECOND: u64 = 1_000_000_000;

const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Which headers clients get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// On limited replies.
    pub(crate) retry_after: bool,
    pub(crate) ratelimit: bool,
    pub(crate) x_ratelimit: bool,
}

/// Headers of a message.
pub(crate) type Report = Vec<(HeaderName, HeaderValue)>;

/// Seconds until a request that these refused would pass, at least one. `None` if time does not help.
pub(crate) fn retry_after_seconds(verdicts: &[Verdict<'_>]) -> Option<u64> {
    let waits = verdicts.iter().filter(|verdict| verdict.refuses()).map(Verdict::wait);
    // One that never passes is later than any.
    let longest = waits.reduce(|one, other| Some(one?.max(other?)))??;
    Some(longest.div_ceil(SECOND).max(1))
}

/// How much a rule has left for a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// The rule's position.
    rule: usize,
    policy: Policy,
    /// Requests.
    remaining: u64,
    /// Seconds until it has all again, where they are known.
    reset: Option<u64>,
}

impl Standing {
    fn of(verdict: &Verdict<'_>, now: u64) -> Option<Self> {
        let Outcome::Decided(decision) = verdict.outcome else { return None };
        let Rule { quota, policy, position, .. } = *verdict.rule;
        let tat = match decision {
            Decision::Admitted { tat } => tat,
            Decision::Limited { wait } => quota.tat_of_wait(wait, now),
        };
        let reset = Some(quota.reset(tat, now).div_ceil(SECOND));
        Some(Self { rule: position, policy, remaining: quota.remaining(tat, now), reset })
    }

    /// What an engine says of the rule takes the place of what this Envoy knows.
    fn learn(&mut self, status: &Status) -> bool {
        let Some(limit) = status.current_limit else { return false };
        if let Some(seconds) = limit.unit().seconds() {
            self.policy = Policy { requests: limit.requests_per_unit.into(), seconds };
        }
        self.remaining = status.limit_remaining.into();
        self.reset = status.duration_until_reset.map(|duration| duration.whole_seconds());
        true
    }
}

/// What the engine says of the rules at these positions. Where it refuses, nothing else is said: what this Envoy
/// knows would tell a client to go on.
pub(crate) fn learn(standings: &mut Vec<Standing>, asked: &[usize], statuses: &[Status], admits: bool) {
    standings.retain_mut(|standing| {
        let status = asked.iter().zip(statuses).find(|(position, _)| **position == standing.rule);
        status.is_some_and(|(_, status)| standing.learn(status)) || admits
    });
}

/// What is set on a message: of the filter's own report what the engine does not speak of.
pub(crate) fn without(mut own: Report, engines: &Report) -> Report {
    own.retain(|(name, _)| engines.iter().all(|(other, _)| other != name));
    own
}

impl Shown {
    /// What is to be remembered for [`report`](Self::report). Rules in the shadow are not spoken of.
    pub(crate) fn standings(self, verdicts: &[Verdict<'_>], now: u64) -> Vec<Standing> {
        if !self.ratelimit && !self.x_ratelimit {
            return Vec::new();
        }
        let spoken_of = verdicts.iter().filter(|verdict| !verdict.rule.shadow);
        spoken_of.filter_map(|verdict| Standing::of(verdict, now)).collect()
    }

    /// What a message says: of these rules, and of when to come back where it refuses a request.
    pub(crate) fn report(self, rules: &[Rule], standings: &[Standing], retry_after: Option<u64>) -> Report {
        let mut report = Report::new();
        if let Some(seconds) = retry_after.filter(|_| self.retry_after) {
            report.push((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.ratelimit && !standings.is_empty() {
            let (mut policies, mut limits) = (String::new(), String::new());
            for Standing { rule, policy, remaining, reset } in standings {
                let separator = if policies.is_empty() { "" } else { ", " };
                let name = rules.get(*rule).map_or("", |rule| rule.name.as_str());
                _ = write!(policies, "{separator}\"{name}\";q={};w={}", policy.requests, policy.seconds);
                _ = write!(limits, "{separator}\"{name}\";r={remaining}");
                _ = reset.map(|seconds| write!(limits, ";t={seconds}"));
            }
            // Names have no control characters, so these are values.
            report.extend(HeaderValue::new(policies).ok().map(|policies| (RATELIMIT_POLICY, policies)));
            report.extend(HeaderValue::new(limits).ok().map(|limits| (RATELIMIT, limits)));
        }
        let tightest = standings.iter().min_by_key(|standing| standing.remaining);
        if let Some(Standing { policy, remaining, reset, .. }) = tightest.filter(|_| self.x_ratelimit) {
            report.push((X_LIMIT, HeaderValue::from(policy.requests)));
            report.push((X_REMAINING, HeaderValue::from(*remaining)));
            report.extend(reset.map(|seconds| (X_RESET, HeaderValue::from(seconds))));
        }
        report
    }
}
