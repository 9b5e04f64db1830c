//! A rule's statistics.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

/// What became of requests, and of buckets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    pub(crate) allowed: Counter,
    pub(crate) limited: Counter,
    /// Requests that would have been limited.
    pub(crate) shadow_limited: Counter,
    pub(crate) exempt: Counter,
    /// Requests of keys for which there was no room: they were counted in another's bucket that was not full.
    pub(crate) evictions: Counter,
    /// Requests that were refused because other workers kept changing the bucket.
    pub(crate) contention: Counter,
    /// Requests that the engine admitted.
    pub(crate) global_allowed: Counter,
    /// Requests that the engine refused for this rule.
    pub(crate) global_limited: Counter,
    /// Requests for which the engine failed.
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
