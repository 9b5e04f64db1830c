//! Starts the rules that count requests in flight.

use std::rc::Rc;

use limits::Seed;
use limits::in_flight::{InFlight, InFlightTables, Worker};
use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::metric::Counter;

use crate::Plan;
use crate::concurrency::{Concurrency, ConcurrencyCounters, ConcurrencyPlan, ConcurrencyRule};

/// Defines the counters and claims the tables of all rules. `name` is the plugin's.
#[inline(never)]
pub(super) fn open(plan: &Plan, name: &str) -> Result<Option<Concurrency>, ConfigError> {
    if plan.concurrency.is_empty() {
        return Ok(None);
    }
    let namespace = plan.namespace.as_deref().unwrap_or(name);
    let (seed, worker) = (Seed::shared()?, Rc::new(Worker::default()));
    let rule = |plan: &Rc<ConcurrencyPlan>| {
        let define = |counter| Counter::define_labeled(counter, &[("filter", name), ("rule", &plan.name)]);
        let shared = (!plan.key.parts.is_empty()).then(|| define("rate_limit.shared")).transpose()?;
        let counters = ConcurrencyCounters {
            allowed: define("rate_limit.allowed")?,
            limited: define(if plan.shadow { "rate_limit.shadow_limited" } else { "rate_limit.limited" })?,
            contention: define("rate_limit.contention")?,
        };
        let in_flight = InFlight::new(namespace, plan.identity, plan.sets, &seed, &worker, shared);
        Ok(ConcurrencyRule { plan: Rc::clone(plan), in_flight, counters })
    };
    let rules = plan.concurrency.iter().map(rule).collect::<Result<Vec<_>, HostError>>()?;
    let tables = InFlightTables::open(&rules, worker)?;
    Ok(Some(Concurrency { rules, tables }))
}
