//! Defines the counters that a configuration needs. `filter` is the plugin's name.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

use crate::Plan;
use crate::counters::{PluginCounters, RuleCounters};
use crate::rule::RulePlan;

/// Defines the counters of a plugin.
pub(super) fn of_plugin(filter: &str, plan: &Plan) -> Result<PluginCounters, HostError> {
    let define = |name| Counter::define_labeled(name, &[("filter", filter)]);
    Ok(PluginCounters {
        exempt: (!plan.exempt.is_empty()).then(|| define("rate_limit.exempt")).transpose()?,
        global_error: plan.service.is_some().then(|| define("rate_limit.global_error")).transpose()?,
    })
}

/// Defines the counters of a rule.
pub(super) fn of_rule(filter: &str, rule: &RulePlan, has_service: bool) -> Result<RuleCounters, HostError> {
    let labels = [("filter", filter), ("rule", &rule.name)];
    let define = |name| Counter::define_labeled(name, &labels);
    let define_if = |is_used: bool, name| is_used.then(|| define(name)).transpose();
    let is_global = has_service && rule.asks_service();
    let asks_cost = rule.late.as_ref().is_some_and(|late| late.cost.is_some());
    let (has_keys, is_in_flight) = (!rule.has_one_bucket(), rule.concurrency.is_some());
    Ok(RuleCounters {
        allowed: define("rate_limit.allowed")?,
        limited: define(if rule.shadow { "rate_limit.shadow_limited" } else { "rate_limit.limited" })?,
        contention: define("rate_limit.contention")?,
        evictions: define_if(has_keys && !is_in_flight, "rate_limit.evictions")?,
        global_allowed: define_if(is_global, "rate_limit.global_allowed")?,
        global_limited: define_if(is_global, "rate_limit.global_limited")?,
        charged: define_if(rule.late.is_some(), "rate_limit.charged")?,
        charges_cut: define_if(rule.late.is_some(), "rate_limit.charges_cut")?,
        cost_unknown: define_if(asks_cost, "rate_limit.cost_unknown")?,
        shared: define_if(has_keys && is_in_flight, "rate_limit.shared")?,
    })
}
