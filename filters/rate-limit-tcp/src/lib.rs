//! Limits TCP connections per client, as a rate and as a number at once, exactly across all workers of an Envoy.
//!
//! A connection is decided about when Envoy accepts it, before its first byte and before Envoy connects to the upstream. A
//! connection over a limit is closed.
//!
//! Hazard: behind a load balancer that is not transparent, all connections come from its address. Use Envoy's listener filter
//! `proxy_protocol`, which restores the client's.

mod compile;
mod config;
mod counters;
mod key;
mod limiter;
mod rule;
mod start;

use std::rc::Rc;

use limits::Tables;
use limits::in_flight::{Guard, Worker};
use proxy_filter::clock;
use proxy_filter::matching::Network;
use proxy_filter::metric::Counter;
use proxy_filter::plugin::OnTick;
use proxy_filter::prelude::*;
use proxy_filter::specialize::Specialize;

use config::Config;
use rule::{Rule, RulePlan};

/// The filter.
#[derive(Debug)]
pub struct RateLimitTcp {
    plan: Rc<Plan>,
    rules: Vec<Rule>,
    tables: Tables,
    /// Counts open connections. `None` if no rule does.
    worker: Option<Rc<Worker>>,
    /// Connections from exempt networks. `None` if there are none.
    exempt: Option<Counter>,
}

/// The compiled configuration.
#[derive(Debug)]
pub struct Plan {
    rules: Vec<Rc<RulePlan>>,
    /// The networks whose connections are not counted.
    exempt: Vec<Network>,
    /// Keeps the counts of plugins apart. `None` is the plugin's name.
    namespace: Option<String>,
}

/// What the filter keeps of a connection: its places in the rules with `concurrency`, until it ends.
#[derive(Debug, Default)]
pub struct Connection {
    guards: Vec<Guard>,
}

impl Specialize for RateLimitTcp {
    type Plan = Plan;

    fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
        Config::parse(configuration)?.try_into()
    }

    fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        Self::from_plan(plan)
    }
}

impl TcpFilter for RateLimitTcp {
    type Connection = Connection;
}

impl OnTick for RateLimitTcp {
    fn on_tick(&self) {
        self.tables.tick(&self.rules);
        self.worker.iter().for_each(|worker| worker.tick(&self.tables));
    }
}

impl OnNewConnection for RateLimitTcp {
    fn on_new_connection(&self, connection: &mut Connection) -> Result<TcpFlow, HostError> {
        let client = key::client_ip()?;
        if client.is_some_and(|client| self.plan.exempt.iter().any(|network| network.contains(client))) {
            self.exempt.iter().for_each(|exempt| exempt.increment(1));
            return Ok(TcpFlow::Continue);
        }
        let now = self.tables.ensure_confirmed(&self.rules, clock::monotonic_nanoseconds()?);
        self.worker.iter().for_each(|worker| worker.renew(&self.tables));
        Ok(match limiter::decide(&self.rules, client, now)? {
            Some(guards) => {
                connection.guards = guards;
                TcpFlow::Continue
            }
            None => TcpFlow::Close,
        })
    }
}

proxy_filter::tcp_filter!(RateLimitTcp: NewConnection; Tick, Specialize);
