//! Starts the filter: sets up what belongs to the host.

use std::rc::Rc;

use limits::in_flight::{InFlight, Worker};
use limits::registry::Claim;
use limits::{Buckets, Seed, Tables};
use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::ConfigError;

use crate::rule::{Counts, Limit, Rule, RulePlan};
use crate::{Plan, RateLimitTcp};

mod counters;

impl RateLimitTcp {
    /// Defines the counters and claims the tables of all rules.
    ///
    /// # Errors
    /// There are no tables left, or the host fails.
    pub(crate) fn from_plan(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        let name = PLUGIN_NAME.get()?.unwrap_or_default();
        let namespace = plan.namespace.as_deref().unwrap_or(&name);
        let seed = Seed::shared()?;
        let worker = Rc::<Worker>::default();
        let rule = |plan: &Rc<RulePlan>| {
            let claim = Claim::in_namespace(namespace, plan.identity, plan.sets, plan.limit.fill());
            let counters = counters::of_rule(&name, plan)?;
            let counts = match plan.limit {
                Limit::AtOnce(most) => {
                    Counts::AtOnce(InFlight::new(claim, &seed, &worker, counters.shared), most)
                }
                Limit::Rate(quota) => Counts::Rate(Buckets::new(claim, &seed, 1, counters.evictions), quota),
            };
            Ok::<_, ConfigError>(Rule { plan: Rc::clone(plan), counts, counters })
        };
        let rules = plan.rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let tables = Tables::open(&rules)?;
        let is_at_once = |rule: &Rule| matches!(rule.counts, Counts::AtOnce(..));
        let worker = rules.iter().any(is_at_once).then_some(worker);
        worker.iter().try_for_each(|worker| worker.open(&tables))?;
        let exempt = (!plan.exempt.is_empty()).then(|| counters::exempt(&name)).transpose()?;
        Ok(Self { plan, rules, tables, worker, exempt })
    }
}
