//! A rule's statistics.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    pub(crate) allowed: Counter,
    pub(crate) limited: Counter,
    /// Requests that the rule would have limited, were it not in shadow mode.
    pub(crate) shadow_limited: Counter,
    pub(crate) exempt: Counter,
    /// Requests whose key took over another key's bucket that was not full.
    pub(crate) evictions: Counter,
    /// Requests limited because other workers kept changing the bucket, or because the worker held no table for the
    /// rule.
    pub(crate) contention: Counter,
    /// Requests that the rate limit service allowed.
    pub(crate) global_allowed: Counter,
    /// Requests that the rate limit service limited because of this rule.
    pub(crate) global_limited: Counter,
    /// Requests for which the rate limit service failed.
    pub(crate) global_error: Counter,
}

impl Counters {
    pub(crate) fn define(rule: &str) -> Result<Self, HostError> {
        let counter = |what| Counter::define(&format!("rate_limit.{rule}.{what}"));
        Ok(Self {
            allowed: counter("allowed")?,
            limited: counter("limited")?,
            shadow_limited: counter("shadow_limited")?,
            exempt: counter("exempt")?,
            evictions: counter("evictions")?,
            contention: counter("contention")?,
            global_allowed: counter("global_allowed")?,
            global_limited: counter("global_limited")?,
            global_error: counter("global_error")?,
        })
    }
}
