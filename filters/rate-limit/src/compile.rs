//! Compiles the configuration into the filter.

use std::time::Duration;

use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::{ConfigError, OneOrMany};
use proxy_filter::inputs::{InputSet, check_before_response};
use proxy_filter::logging::Throttled;
use proxy_filter::matching::Condition;

use crate::RateLimit;
use crate::config::Config;
use crate::config::service::{Name, OnError, ServiceConfig};
use crate::counters::Counters;
use crate::key::{Key, Prefixes};
use crate::lease::Leases;
use crate::limit_headers::LimitHeaders;
use crate::reply::LimitedReply;
use crate::rule::Rule;
use crate::service::RateLimitService;
use crate::table::Table;
use crate::tables::Tables;
use rule::Plan;
use seed::Seed;

mod reply;
mod rule;
mod seed;

/// The default prefixes of a client: one IPv4 address, or the IPv6 network of one home or office.
const PREFIXES: Prefixes = Prefixes { ipv4: 32, ipv6: 64 };

impl TryFrom<Config> for RateLimit {
    type Error = ConfigError;

    /// Checks the whole configuration before it calls the host.
    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { limits, client_ip, exempt, reply, headers, service, namespace } = config;
        let plans = rule::all(limits, rule::prefixes_or(client_ip, PREFIXES))?;
        let exempt = exempt.map(exemptions).transpose().map_err(|error| error.in_field("exempt"))?;
        let exempt = exempt.unwrap_or_default();
        let limit_headers = LimitHeaders::from(headers.as_slice());
        let reply = LimitedReply::new(reply, limit_headers).map_err(|error| error.in_field("reply"))?;
        if service.is_some() && plans.iter().all(|plan| plan.shadow) {
            let wrong = "every rule has `shadow`, so the service would never be called: remove `global`, or one `shadow`";
            return Err(ConfigError::new(wrong).in_field("global"));
        }

        let rules = rules(plans, namespace)?;
        let tables = Tables::open(&rules)?;
        let mut inputs = InputSet::default();
        rules.iter().for_each(|rule| rule.add_inputs(&mut inputs));
        exempt.iter().for_each(|condition| inputs.extend(condition));
        Ok(Self {
            rules,
            tables,
            exempt,
            inputs,
            reply,
            limit_headers,
            service: service.map(RateLimitService::from),
            service_warning: Throttled::default(),
        })
    }
}

fn exemptions(conditions: OneOrMany<Condition>) -> Result<Vec<Condition>, ConfigError> {
    conditions.each(|condition| check_before_response(&condition).map(|()| condition))
}

/// Gives each rule its identity and its counters.
fn rules(plans: Vec<Plan>, namespace: Option<String>) -> Result<Vec<Rule>, ConfigError> {
    let namespace = match namespace {
        Some(namespace) => namespace,
        None => PLUGIN_NAME.get()?.unwrap_or_default(),
    };
    let seed = Seed::shared()?;
    let rule = |(position, plan): (usize, Plan)| {
        let Plan { name, parts, denies_missing, when, quota, cost, policy, shadow, sets, lease, identity } =
            plan;
        let identity = seed::hash(&format!("{namespace}\0{identity}"));
        Ok(Rule {
            counters: Counters::define(&name)?,
            name,
            position,
            key: Key { parts, seed: seed.of_rule(identity) },
            denies_missing,
            when,
            quota,
            cost,
            shadow,
            policy,
            sets,
            identity,
            table: Table::default(),
            lease: (lease > 1).then(|| (lease, Leases::new())),
        })
    };
    plans.into_iter().enumerate().map(rule).collect()
}

impl From<ServiceConfig> for RateLimitService {
    fn from(config: ServiceConfig) -> Self {
        let ServiceConfig { cluster: Name(cluster), domain: Name(domain), timeout, on_error } = config;
        Self {
            cluster,
            domain,
            timeout: timeout.map_or(Duration::from_millis(20), |it| Duration::from_nanos(it.nanoseconds)),
            denies_on_error: on_error == OnError::Deny,
        }
    }
}
