//! Defines the counters that a configuration needs. `filter` is the plugin's name.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

use crate::counters::RuleCounters;
use crate::rule::{Limit, RulePlan};

/// Defines the counters of a rule.
pub(super) fn of_rule(filter: &str, rule: &RulePlan) -> Result<RuleCounters, HostError> {
    let labels = [("filter", filter), ("rule", &rule.name)];
    let define = |name| Counter::define_labeled(name, &labels);
    let define_if = |is_used: bool, name| is_used.then(|| define(name)).transpose();
    let (has_keys, is_at_once) = (!rule.key.is_empty(), matches!(rule.limit, Limit::AtOnce(_)));
    Ok(RuleCounters {
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

/// Defines the counter of exempt connections.
pub(super) fn exempt(filter: &str) -> Result<Counter, HostError> {
    Counter::define_labeled("rate_limit_tcp.exempt", &[("filter", filter)])
}
