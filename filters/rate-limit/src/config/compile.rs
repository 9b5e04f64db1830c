//! Checks a configuration and makes a filter of it.

use std::time::Duration;

use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::{ConfigError, OneOrMany, from_json};
use proxy_filter::inputs::{InputSet, check_before_response};
use proxy_filter::logging::Throttled;
use proxy_filter::matching::Condition;

use super::parts::{PREFIXES, prefixes};
use super::replies::{refusal, shown};
use super::rules::{Checked, all, per_ip};
use super::seeds::{hash, of_rule, seed};
use super::{Config, GlobalConfig, HeaderConfig, OnErrorConfig, duration};
use crate::RateLimit;
use crate::counters::Counters;
use crate::key::Key;
use crate::lease::Leases;
use crate::limit_headers::LimitHeaders;
use crate::reply::LimitedReply;
use crate::rule::Rule;
use crate::service::RateLimitService;
use crate::table::Table;
use crate::tables::Tables;

/// All that is known without a host.
#[derive(Debug)]
pub(super) struct Plan {
    rules: Vec<Checked>,
    exempt: Vec<Condition>,
    refusal: LimitedReply,
    shown: LimitHeaders,
    global: Option<RateLimitService>,
    namespace: Option<String>,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<RateLimit, ConfigError> {
    let Plan { rules, exempt, refusal, shown, global, namespace } = check(configuration)?;
    let namespace = match namespace {
        Some(namespace) => namespace,
        None => PLUGIN_NAME.get()?.unwrap_or_default(),
    };
    let seed = seed()?;
    let rule = |(position, rule): (usize, Checked)| {
        let lease = (rule.lease > 1).then(|| (rule.lease, Leases::new()));
        let counters = Counters::define(&rule.name)?;
        let Checked { name, parts, denies_missing, when, quota, cost, policy, shadow, sets, text, .. } = rule;
        let identity = hash(&format!("{namespace}\0{text}"));
        // By rule, so that what shares a set in one table does not in another.
        let key = Key { parts, seed: of_rule(seed, identity) };
        Ok(Rule {
            name,
            position,
            key,
            denies_missing,
            when,
            quota,
            cost,
            shadow,
            policy,
            sets,
            identity,
            table: Table::default(),
            lease,
            counters,
        })
    };
    let rules = rules.into_iter().enumerate().map(rule).collect::<Result<Vec<_>, ConfigError>>()?;
    let tables = Tables::open(&rules)?;
    let mut inputs = InputSet::default();
    rules.iter().for_each(|rule| rule.add_inputs(&mut inputs));
    exempt.iter().for_each(|condition| inputs.extend(condition));
    Ok(RateLimit {
        rules,
        tables,
        exempt,
        inputs,
        reply: refusal,
        limit_headers: shown,
        service: global,
        service_warning: Throttled::default(),
    })
}

/// Everything that can be wrong with a configuration, found without a host.
pub(super) fn check(configuration: &[u8]) -> Result<Plan, ConfigError> {
    if configuration.trim_ascii().is_empty() {
        return Err(nothing());
    }
    let config: Config = from_json(configuration)?;
    let prefixes = prefixes(config.client_ip.unwrap_or_default(), PREFIXES)
        .map_err(|error| error.in_field("client_ip"))?;
    let rules = match (config.rules, config.ttl_second, config.burst) {
        (Some(rules), None, None) if rules.is_empty() => return Err(nothing().in_field("rules")),
        (Some(rules), None, None) => all(rules, prefixes).map_err(|error| error.in_field("rules"))?,
        (None, Some(seconds), Some(burst)) => vec![per_ip(seconds, burst, prefixes)?],
        (None, None, None) => return Err(nothing()),
        (Some(_), ..) => return Err(ConfigError::new("give `rules`, or `ttlSecond` and `burst`, not both")),
        (None, None, Some(_)) => return Err(ConfigError::new("missing field `ttlSecond` beside `burst`")),
        (None, Some(_), None) => return Err(ConfigError::new("missing field `burst` beside `ttlSecond`")),
    };
    let checked = |condition| check_before_response(&condition).map(|()| condition);
    let exempt = config.exempt.map_or_else(|| Ok(Vec::new()), |exempt| exempt.each(checked));
    let exempt = exempt.map_err(|error| error.in_field("exempt"))?;
    let shown = shown(&config.headers.map_or_else(|| vec![HeaderConfig::RetryAfter], OneOrMany::into_vec));
    let refusal =
        refusal(config.reply.unwrap_or_default(), shown).map_err(|error| error.in_field("reply"))?;
    let global = config.global.map(global).transpose().map_err(|error| error.in_field("global"))?;
    if global.is_some() && rules.iter().all(|rule| rule.shadow) {
        let wrong =
            "every rule is in the shadow, so the engine would never be asked: leave one of the two out";
        return Err(ConfigError::new(wrong).in_field("global"));
    }
    Ok(Plan { rules, exempt, refusal, shown, global, namespace: config.namespace })
}

fn nothing() -> ConfigError {
    ConfigError::new(
        r#"there is nothing to limit: give a rule, such as {"rules": [{"key": [{"client_ip": {}}], "limit": 100, "period": "60s"}]}"#,
    )
}

fn global(config: GlobalConfig) -> Result<RateLimitService, ConfigError> {
    for (field, text) in [("cluster", &config.cluster), ("domain", &config.domain)] {
        if text.is_empty() {
            return Err(ConfigError::new("give its name").in_field(field));
        }
    }
    let timeout = duration::parse(config.timeout.as_deref().unwrap_or("20ms"));
    Ok(RateLimitService {
        cluster: config.cluster,
        domain: config.domain,
        timeout: Duration::from_nanos(timeout.map_err(|error| error.in_field("timeout"))?),
        denies_on_error: config.on_error == OnErrorConfig::Deny,
    })
}
