//! Metrics of the rules and of the rate limit service.

use proxy_filter::metric::Counter;

/// The counters of the whole plugin. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PluginCounters {
    /// Requests that an exemption kept from being counted.
    pub(crate) exempt: Option<Counter>,
    /// Requests for which the rate limit service failed.
    pub(crate) global_error: Option<Counter>,
}

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCounters {
    pub(crate) allowed: Counter,
    /// Requests that the rule limited, or would have limited, were it not in shadow mode.
    pub(crate) limited: Counter,
    /// Requests limited because other workers kept changing the bucket, or because the worker held no table for the
    /// rule.
    pub(crate) contention: Counter,
    /// Requests whose key took over another key's bucket that was not full. `None` if there is only one bucket.
    pub(crate) evictions: Option<Counter>,
    /// Requests that the rate limit service allowed. `None` if the rule never asks it.
    pub(crate) global_allowed: Option<Counter>,
    /// Requests that the rate limit service limited because of this rule. `None` if the rule never asks it.
    pub(crate) global_limited: Option<Counter>,
    /// Requests whose key shares its count of requests in flight. `None` unless the rule counts these, by a key.
    pub(crate) shared: Option<Counter>,
}
