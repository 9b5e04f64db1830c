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
    /// Tokens that were charged once the response was known. `None` if the rule is charged when the request arrives.
    pub(crate) charged: Option<Counter>,
    /// Such charges of which tokens were dropped. `None` if there are none.
    pub(crate) charges_cut: Option<Counter>,
    /// Responses that did not say what they cost. `None` if the rule does not ask them.
    pub(crate) cost_unknown: Option<Counter>,
    /// Requests whose key shares its count of requests in flight. `None` unless the rule counts these, by a key.
    pub(crate) shared: Option<Counter>,
}
