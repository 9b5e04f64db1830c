//! Starts the filter: sets up what belongs to the host.

use std::rc::Rc;

use limits::in_flight::{InFlight, Worker};
use limits::registry::Claim;
use limits::{Buckets, Seed, Tables};
use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::ConfigError;
use proxy_filter::logging::Throttled;

use crate::rule::{Rule, RulePlan};
use crate::ruleset::Ruleset;
use crate::{Plan, RateLimit};

mod counters;

impl RateLimit {
    /// Defines the counters and claims the tables of all rules.
    ///
    /// # Errors
    /// There are no tables left, or the host fails.
    pub(crate) fn from_plan(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        let name = PLUGIN_NAME.get()?.unwrap_or_default();
        let worker = plan.rules.iter().any(|rule| rule.concurrency.is_some()).then(Rc::default);
        let rules = rules(&plan, &name, worker.as_ref())?;
        let tables = Tables::open(&rules)?;
        worker.iter().try_for_each(|worker| worker.open(&tables))?;
        let first_in_flight = rules.iter().position(|rule| rule.in_flight.is_some()).unwrap_or(rules.len());
        let ruleset = Ruleset { rules, first_in_flight, tables, warning: Throttled::default(), worker };
        let ruleset = Rc::new(ruleset);
        let counters = counters::of_plugin(&name, &plan)?;
        Ok(Self { plan, ruleset, counters, service_warning: Throttled::default() })
    }
}

/// Gives each rule its counters, and the claim on its buckets. `name` is the plugin's, and `worker` counts requests in flight.
fn rules(plan: &Plan, name: &str, worker: Option<&Rc<Worker>>) -> Result<Vec<Rule>, ConfigError> {
    let namespace = plan.namespace.as_deref().unwrap_or(name);
    let has_service = plan.service.is_some();
    let seed = Seed::shared()?;
    let rule = |(position, plan): (usize, &Rc<RulePlan>)| {
        let cheapest = plan.limits().map(|limit| limit.quota.cost()).min().unwrap_or_default();
        let claim = Claim::in_namespace(namespace, plan.identity, plan.sets, plan.fill());
        let counters = counters::of_rule(name, plan, has_service)?;
        let buckets = Buckets::new(claim, &seed, plan.lease, counters.evictions).with_least_cost(cheapest);
        let worker = worker.filter(|_| plan.concurrency.is_some());
        let in_flight = worker.map(|worker| InFlight::new(claim, &seed, worker, counters.shared));
        Ok(Rule { plan: Rc::clone(plan), counters, position, buckets, in_flight })
    };
    plan.rules.iter().enumerate().map(rule).collect()
}
