//! Defines the counters that a configuration needs.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

use crate::Plan;
use crate::counters::{GlobalCounters, PluginCounters, RuleCounters};
use crate::rule::RulePlan;

/// Defines the counters that `plan` needs. `filter` is the plugin's name.
pub(super) fn of_plugin(filter: &str, plan: &Plan) -> Result<PluginCounters, HostError> {
    let define = |name| Counter::define_labeled(name, &[("filter", filter)]);
    Ok(PluginCounters {
        exempt: if plan.exempt.is_empty() { None } else { Some(define("rate_limit.exempt")?) },
        global_error: if plan.service.is_some() { Some(define("rate_limit.global_error")?) } else { None },
    })
}

/// Defines the counters that `rule` needs. `filter` is the plugin's name.
pub(super) fn of_rule(filter: &str, rule: &RulePlan, has_service: bool) -> Result<RuleCounters, HostError> {
    let labels = [("filter", filter), ("rule", &rule.name)];
    let define = |name| Counter::define_labeled(name, &labels);
    let limited = if rule.shadow { "rate_limit.shadow_limited" } else { "rate_limit.limited" };
    let evictions = if rule.key.parts.is_empty() { None } else { Some(define("rate_limit.evictions")?) };
    let global = if has_service && !rule.shadow {
        let (allowed, limited) = (define("rate_limit.global_allowed")?, define("rate_limit.global_limited")?);
        Some(GlobalCounters { allowed, limited })
    } else {
        None
    };
    Ok(RuleCounters {
        allowed: define("rate_limit.allowed")?,
        limited: define(limited)?,
        contention: define("rate_limit.contention")?,
        evictions,
        global,
    })
}
