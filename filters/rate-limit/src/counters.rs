//! Statistics of the rules and of the rate limit service.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

use crate::Plan;
use crate::rule::RulePlan;

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
    /// `None` if the rule never asks a rate limit service.
    pub(crate) global: Option<GlobalCounters>,
}

/// What the rate limit service decided about a rule's requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalCounters {
    pub(crate) allowed: Counter,
    /// Requests limited because of this rule.
    pub(crate) limited: Counter,
}

impl PluginCounters {
    /// Defines the counters that `plan` needs. `filter` is the plugin's name.
    pub(crate) fn define(filter: &str, plan: &Plan) -> Result<Self, HostError> {
        let define = |name| Counter::define_labeled(name, &[("filter", filter)]);
        Ok(Self {
            exempt: if plan.exempt.is_empty() { None } else { Some(define("rate_limit.exempt")?) },
            global_error: if plan.service.is_some() {
                Some(define("rate_limit.global_error")?)
            } else {
                None
            },
        })
    }
}

impl RuleCounters {
    /// Defines the counters that `rule` needs. `filter` is the plugin's name.
    pub(crate) fn define(filter: &str, rule: &RulePlan, has_service: bool) -> Result<Self, HostError> {
        let labels = [("filter", filter), ("rule", &rule.name)];
        let define = |name| Counter::define_labeled(name, &labels);
        let limited = if rule.shadow { "rate_limit.shadow_limited" } else { "rate_limit.limited" };
        let evictions = if rule.key.parts.is_empty() { None } else { Some(define("rate_limit.evictions")?) };
        let global = if has_service && !rule.shadow {
            let (allowed, limited) =
                (define("rate_limit.global_allowed")?, define("rate_limit.global_limited")?);
            Some(GlobalCounters { allowed, limited })
        } else {
            None
        };
        Ok(Self {
            allowed: define("rate_limit.allowed")?,
            limited: define(limited)?,
            contention: define("rate_limit.contention")?,
            evictions,
            global,
        })
    }
}
