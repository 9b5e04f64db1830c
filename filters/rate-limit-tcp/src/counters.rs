//! Metrics of the rules.

use proxy_filter::metric::Counter;

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCounters {
    pub(crate) allowed: Counter,
    /// Connections that the rule limited, or would have limited, were it not in shadow mode.
    pub(crate) limited: Counter,
    /// Connections limited because other workers kept changing the count, or because the worker held no table for the rule.
    pub(crate) contention: Counter,
    /// Connections whose key took over another key's bucket that was not full. `None` if there is only one bucket, and for
    /// rules with `concurrency`.
    pub(crate) evictions: Option<Counter>,
    /// Connections whose key shares its count with other keys. `None` if there is only one count, and for other rules.
    pub(crate) shared: Option<Counter>,
}
