//! Statistics of the rules.

use proxy_filter::HostError;
use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::metric::Counter;

use crate::Plan;
use crate::rule::{Rule, Rules};

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCounters {
    /// Messages that the rule changed.
    pub(crate) applied: Counter,
    /// Values that the rule did not write. `None` if it writes fixed values only.
    pub(crate) skipped: Option<Counter>,
}

/// The counters of each phase's rules, in the rules' order.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) request: Vec<RuleCounters>,
    pub(crate) request_trailers: Vec<RuleCounters>,
    pub(crate) response: Vec<RuleCounters>,
    pub(crate) response_trailers: Vec<RuleCounters>,
}

impl Counters {
    /// Defines the counters. The name of a rule is its place in the configuration, such as `response-0`.
    pub(crate) fn define(plan: &Plan) -> Result<Self, HostError> {
        let filter = PLUGIN_NAME.get()?.unwrap_or_default();
        Ok(Self {
            request: of_phase(&filter, "request", &plan.request)?,
            request_trailers: of_phase(&filter, "request_trailers", &plan.request_trailers)?,
            response: of_phase(&filter, "response", &plan.response)?,
            response_trailers: of_phase(&filter, "response_trailers", &plan.response_trailers)?,
        })
    }
}

fn of_phase(filter: &str, phase: &str, rules: &Rules) -> Result<Vec<RuleCounters>, HostError> {
    let define = |(position, rule): (usize, &Rule)| {
        let name = [phase, "-", &position.to_string()].concat();
        let define = |counter| Counter::define_labeled(counter, &[("filter", filter), ("rule", &name)]);
        let skipped = if rule.may_skip() { Some(define("add_header.skipped")?) } else { None };
        Ok(RuleCounters { applied: define("add_header.applied")?, skipped })
    };
    rules.0.iter().enumerate().map(define).collect()
}
