//! Metrics of the rules.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

use crate::rule::{Limit, RulePlan};

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

impl RuleCounters {
    /// Defines the counters of a rule. `filter` is the plugin's name.
    pub(crate) fn define(filter: &str, rule: &RulePlan) -> Result<Self, HostError> {
        let labels = [("filter", filter), ("rule", &rule.name)];
        let define = |name| Counter::define_labeled(name, &labels);
        let define_if = |is_used: bool, name| is_used.then(|| define(name)).transpose();
        let (has_keys, is_at_once) = (!rule.key.is_empty(), matches!(rule.limit, Limit::AtOnce(_)));
        Ok(Self {
            allowed: define("rate_limit_tcp.allowed")?,
            limited: define(if rule.shadow {
                "rate_limit_tcp.shadow_limited"
            } else {
                "rate_limit_tcp.limited"
            })?,
            contention: define("rate_limit_tcp.contention")?,
            evictions: define_if(has_keys && !is_at_once, "rate_limit_tcp.evictions")?,
            shared: define_if(has_keys && is_at_once, "rate_limit_tcp.shared")?,
        })
    }
}

/// Defines the counter of exempt connections.
pub(crate) fn exempt(filter: &str) -> Result<Counter, HostError> {
    Counter::define_labeled("rate_limit_tcp.exempt", &[("filter", filter)])
}
