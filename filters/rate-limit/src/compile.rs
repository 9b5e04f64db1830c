//! Compiles the configuration.

use std::time::Duration;

use limits::Prefixes;
use proxy_filter::config::{ConfigError, OneOrMany};
use proxy_filter::inputs::{InputSet, check_before_response};
use proxy_filter::matching::{Condition, When};

use crate::Plan;
use crate::config::Config;
use crate::config::service::{Name, OnError, ServiceConfig};
use crate::limit_headers::LimitHeaders;
use crate::reply::LimitedReply;
use crate::service::RateLimitService;

mod concurrency;
mod key_part;
mod late;
mod limit;
mod reply;
mod rule;
mod tiers;

/// The default prefixes of a client: one IPv4 address, or the IPv6 network of one home or office.
const PREFIXES: Prefixes = Prefixes { ipv4: 32, ipv6: 64 };

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { limits, client_ip, exempt, reply, headers, service, namespace } = config;
        let rules = rule::all(limits, key_part::prefixes_or(client_ip, PREFIXES))?;
        let exempt = exempt.map(exemptions).transpose().map_err(|error| error.in_field("exempt"))?;
        let exempt = exempt.unwrap_or_default();
        let limit_headers = LimitHeaders::from(headers.as_slice());
        let reply = LimitedReply::new(reply, limit_headers).map_err(|error| error.in_field("reply"))?;
        if service.is_some() && !rules.iter().any(|rule| rule.asks_service()) {
            let wrong = "every rule has `shadow` or `concurrency`, or is charged by its response, so the service would never be called: remove \
                         `global`, or add a rule";
            return Err(ConfigError::new(wrong).in_field("global"));
        }

        let mut inputs = InputSet::default();
        rules.iter().for_each(|rule| rule.add_inputs(&mut inputs));
        exempt.iter().for_each(|condition| inputs.extend(condition));
        Ok(Self {
            exempt,
            inputs,
            reply,
            limit_headers,
            late: late::reads(&rules),
            rules,
            service: service.map(RateLimitService::from),
            namespace,
        })
    }
}

fn exemptions(conditions: OneOrMany<Condition>) -> Result<Vec<When>, ConfigError> {
    conditions.each(|condition| check_before_response(&condition).map(|()| condition.into()))
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
