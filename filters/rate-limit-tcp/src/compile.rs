//! Compiles the configuration.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use limits::config::{IdentityHasher, RuleName, quota};
use limits::{Prefixes, PrefixesConfig};
use proxy_filter::config::{ConfigError, OneOrMany, each};
use proxy_filter::matching::Network;

use crate::Plan;
use crate::config::Config;
use crate::config::key_part::KeyPartConfig;
use crate::config::rule::RuleConfig;
use crate::rule::{Limit, RulePlan};

/// The default prefixes of a client: one IPv4 address, or the IPv6 network of one home or office.
const PREFIXES: Prefixes = Prefixes { ipv4: 32, ipv6: 64 };

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { rules, client_ip, exempt, namespace } = config;
        let prefixes = prefixes_or(client_ip, PREFIXES);
        let mut names: Vec<String> = Vec::new();
        let unique = |config: RuleConfig| {
            let is_named = config.name.is_some();
            let plan = plan(config, names.len(), prefixes)?;
            let name = &plan.name;
            match names.contains(name) {
                false => {
                    names.push(name.clone());
                    Ok(Rc::new(plan))
                }
                true if is_named => {
                    let wrong =
                        format_args!("another rule is named `{name}`: choose another name").to_string();
                    Err(ConfigError::new(wrong).in_field("name"))
                }
                true => Err(ConfigError::new(format_args!(
                    "another rule is named `{name}`, the default name of this one: add a `name`"
                ))),
            }
        };
        let rules = each(rules, unique).map_err(|error| error.in_field("rules"))?;
        let network = |text| Network::try_from(text).map_err(ConfigError::from);
        let exempt = exempt.map(|networks: OneOrMany<String>| networks.each(network)).transpose();
        let exempt = exempt.map_err(|error| error.in_field("exempt"))?.unwrap_or_default();
        Ok(Self { rules, exempt, namespace })
    }
}

#[inline(never)]
fn plan(config: RuleConfig, position: usize, prefixes: Prefixes) -> Result<RulePlan, ConfigError> {
    let limit = limit(&config)?;
    let RuleConfig { name, key, limit: number, period, burst, concurrency, shadow, slots } = config;
    let name = name.map_or_else(|| format!("rule-{position}"), |RuleName(name)| name);
    let key = key.unwrap_or_else(|| vec![KeyPartConfig::default()]);
    let sets = match (key.is_empty(), slots) {
        (true, None) => 1,
        (true, Some(_)) => {
            let wrong = "with an empty `key` there is only one count: remove `slots`";
            return Err(ConfigError::new(wrong).in_field("slots"));
        }
        (false, slots) => slots.unwrap_or_default().sets,
    };
    // Hashes what users wrote, so that a rule keeps its counts when another build is loaded. The first part keeps them apart
    // from those of rate-limit.
    let mut hasher = IdentityHasher::default();
    let period = period.map(|period| period.nanoseconds);
    ("tcp", &name, number, period, burst.or(number), concurrency, sets, shadow).hash(&mut hasher);
    let key: Vec<_> = key.into_iter().map(|part| prefixes_or(part.client_ip, prefixes)).collect();
    key.hash(&mut hasher);
    Ok(RulePlan { name, key, limit, shadow, sets, identity: hasher.finish() })
}

/// Finds what a rule allows.
fn limit(config: &RuleConfig) -> Result<Limit, ConfigError> {
    let RuleConfig { limit, period, burst, concurrency, .. } = config;
    let given = [("limit", *limit), ("burst", *burst), ("concurrency", *concurrency)];
    if let Some((field, _)) = given.iter().find(|(_, number)| *number == Some(0)) {
        let wrong = "0 would close every connection: give a number above 0";
        return Err(ConfigError::new(wrong).in_field(field));
    }
    let beside = [("limit", limit.is_some()), ("period", period.is_some()), ("burst", burst.is_some())];
    match (limit, period, concurrency) {
        (_, _, Some(most)) => match beside.iter().find(|(_, is_given)| *is_given) {
            None => Ok(Limit::AtOnce(*most)),
            Some((field, _)) => Err(ConfigError::new(
                "a rule with `concurrency` counts open connections, not over time: remove this, or move it to another rule",
            )
            .in_field(field)),
        },
        (Some(limit), Some(period), None) => {
            quota(*limit, period.nanoseconds, burst.unwrap_or(*limit), 1).map(Limit::Rate)
        }
        (Some(_), None, None) => Err(ConfigError::new("missing field `period`: `limit` needs it")),
        (None, _, None) => Err(ConfigError::new("missing field `limit`, or `concurrency`")),
    }
}

fn prefixes_or(config: PrefixesConfig, default: Prefixes) -> Prefixes {
    Prefixes { ipv4: config.ipv4.unwrap_or(default.ipv4), ipv6: config.ipv6.unwrap_or(default.ipv6) }
}

#[cfg(test)]
mod tests {
    use proxy_filter::config::from_json;

    use super::*;

    fn identity(rule: &str) -> u64 {
        plan(from_json(rule.as_bytes()).unwrap(), 0, PREFIXES).unwrap().identity
    }

    /// If this number changes, rules lose their counts when this version is loaded in place of the last: say so in
    /// CHANGELOG.md. Modules have another number, because lengths have 32 bits there.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn an_identity_is_the_same_in_every_build() {
        assert_eq!(identity(r#"{"limit": 1, "period": "1h"}"#), 11_543_969_045_116_283_057);
    }

    #[test]
    fn an_identity_is_that_of_every_field() {
        let rules = [
            r#"{"limit": 9, "period": "1h"}"#,
            r#"{"limit": 9, "period": "2h"}"#,
            r#"{"limit": 8, "period": "1h", "burst": 9}"#,
            r#"{"limit": 9, "period": "1h", "burst": 8}"#,
            r#"{"limit": 9, "period": "1h", "name": "a"}"#,
            r#"{"limit": 9, "period": "1h", "shadow": true}"#,
            r#"{"limit": 9, "period": "1h", "slots": 16}"#,
            r#"{"limit": 9, "period": "1h", "key": []}"#,
            r#"{"limit": 9, "period": "1h", "key": [{"client_ip": {"ipv4_prefix": 24}}]}"#,
            r#"{"concurrency": 9}"#,
            r#"{"concurrency": 8}"#,
        ];
        for (index, rule) in rules.iter().enumerate() {
            for other in rules.iter().skip(index + 1) {
                assert_ne!(identity(rule), identity(other), "{rule} {other}");
            }
        }
        let written_out =
            r#"{"limit": 9, "period": "60m", "burst": 9, "key": [{"client_ip": {}}], "slots": 8192}"#;
        assert_eq!(identity(written_out), identity(rules[0]));
    }
}
