//! Metrics of all rules.

use proxy_filter::HostError;
use proxy_filter::attribute::PLUGIN_NAME;

use crate::rule::{Rule, Rules};
use crate::rule_counters::RuleCounters;

/// The counters of each phase's rules, in the rules' order.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) request: Vec<RuleCounters>,
    pub(crate) request_trailers: Vec<RuleCounters>,
    pub(crate) response: Vec<RuleCounters>,
    pub(crate) response_trailers: Vec<RuleCounters>,
}

impl Counters {
    /// Defines the counters of the rules for these parts of a message. The name of a rule is its place in the configuration,
    /// such as `response-0`.
    pub(crate) fn define(
        request: &Rules,
        request_trailers: &Rules,
        response: &Rules,
        response_trailers: &Rules,
    ) -> Result<Self, HostError> {
        let filter = PLUGIN_NAME.get()?.unwrap_or_default();
        Ok(Self {
            request: of_phase(&filter, "request", request)?,
            request_trailers: of_phase(&filter, "request_trailers", request_trailers)?,
            response: of_phase(&filter, "response", response)?,
            response_trailers: of_phase(&filter, "response_trailers", response_trailers)?,
        })
    }
}

fn of_phase(filter: &str, phase: &str, rules: &Rules) -> Result<Vec<RuleCounters>, HostError> {
    let define = |(position, rule): (usize, &Rule)| {
        let name = [phase, "-", &position.to_string()].concat();
        RuleCounters::define(filter, &name, rule.may_skip())
    };
    rules.0.iter().enumerate().map(define).collect()
}
