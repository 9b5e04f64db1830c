//! The configuration.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::{ConfigError, each, from_json};
use proxy_filter::headers::HeaderName;
use proxy_filter::shared_data;
use schemars::JsonSchema;
use serde::Deserialize;
use siphasher::sip::SipHasher13;

use crate::gcra::Quota;
use crate::key::{Key, Part};
use crate::limiter::Rule;
use crate::table::Table;

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLISECOND;

/// Configuration of rate-limit: `rules`, or `ttlSecond` and `burst`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// All that apply must pass; if one refuses, none is charged.
    rules: Option<Vec<RuleConfig>>,
    /// What keeps the counts of plugins apart; the plugin's name where it is not given.
    namespace: Option<String>,
    /// Seconds in which each client address may make `burst` requests.
    #[serde(rename = "ttlSecond")]
    ttl_second: Option<u64>,
    /// Requests that each client address may make in `ttlSecond`.
    burst: Option<u64>,
}

/// A limit, and what it counts by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a rule, such as {\"key\": [{\"client_ip\": {}}], \"limit\": 100, \"period\": \"60s\"}"
)]
struct RuleConfig {
    /// Unique among the rules.
    name: Option<String>,
    /// Requests that are alike in all of this share a bucket.
    key: Vec<PartConfig>,
    /// Requests per period.
    limit: u64,
    /// A duration such as `60s`, `100ms` or `1h`.
    period: String,
    /// Requests that may come at once; `limit` where it is not given.
    burst: Option<u64>,
}

/// A part of a key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "a part of a key, such as {\"client_ip\": {}}")]
enum PartConfig {
    /// The client's address.
    ClientIp(Empty),
    /// The value of this request header.
    Header(String),
}

/// Nothing to choose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "{}")]
struct Empty {}

/// A rule, checked, before its table is there.
#[derive(Debug)]
struct Checked {
    name: String,
    parts: Vec<Part>,
    quota: Quota,
    /// What makes a version of the rule: with a change of it counts start anew.
    identity: String,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<Vec<Rule>, ConfigError> {
    let (namespace, rules) = check(configuration)?;
    let namespace = match namespace {
        Some(namespace) => namespace,
        None => PLUGIN_NAME.get()?.unwrap_or_default(),
    };
    let seed = seed(&namespace)?;
    let open = |rule: Checked| {
        let version = SipHasher13::new().hash(rule.identity.as_bytes());
        let table = Table::open(&format!("{namespace}\0rate-limit\0{}", rule.name), version)?;
        Ok(Rule { name: rule.name, key: Key { parts: rule.parts, seed }, quota: rule.quota, table })
    };
    rules.into_iter().map(open).collect()
}

/// Everything that can be wrong with a configuration, found without a host.
fn check(configuration: &[u8]) -> Result<(Option<String>, Vec<Checked>), ConfigError> {
    if configuration.trim_ascii().is_empty() {
        return Err(nothing());
    }
    let config: Config = from_json(configuration)?;
    let rules = match config {
        Config { rules: Some(rules), ttl_second: None, burst: None, .. } if !rules.is_empty() => rules,
        Config { rules: Some(rules), ttl_second: None, burst: None, .. } if rules.is_empty() => {
            return Err(nothing().in_field("rules"));
        }
        Config { rules: None, ttl_second: Some(seconds), burst: Some(burst), .. } => {
            return Ok((config.namespace, vec![per_ip(seconds, burst)?]));
        }
        Config { rules: None, ttl_second: None, burst: None, .. } => return Err(nothing()),
        Config { rules: Some(_), .. } => {
            return Err(ConfigError::new("give `rules`, or `ttlSecond` and `burst`, not both"));
        }
        Config { ttl_second: None, .. } => {
            return Err(ConfigError::new("missing field `ttlSecond` beside `burst`"));
        }
        Config { .. } => return Err(ConfigError::new("missing field `burst` beside `ttlSecond`")),
    };
    let mut names = BTreeSet::new();
    let mut position = 0_usize;
    let rules = each(rules, |rule| {
        let checked = check_rule(rule, position)?;
        position = position.saturating_add(1);
        match names.insert(checked.name.clone()) {
            true => Ok(checked),
            false => Err(ConfigError::new(format_args!("`{}` is another rule's name too", checked.name))
                .in_field("name")),
        }
    });
    Ok((config.namespace, rules.map_err(|error| error.in_field("rules"))?))
}

fn nothing() -> ConfigError {
    ConfigError::new(
        r#"there is nothing to limit: give a rule, such as {"rules": [{"key": [{"client_ip": {}}], "limit": 100, "period": "60s"}]}"#,
    )
}

/// The tutorials' `{"ttlSecond": 60, "burst": 3}`: 3 requests per 60 s and client address.
fn per_ip(seconds: u64, burst: u64) -> Result<Checked, ConfigError> {
    if seconds == 0 {
        return Err(ConfigError::new("0: give a number of seconds above 0").in_field("ttlSecond"));
    }
    let quota = quota(burst, seconds.saturating_mul(SECOND), burst, "burst")?;
    Ok(Checked { name: "per-ip".into(), parts: vec![Part::ClientIp], quota, identity: format!("{quota:?}") })
}

fn check_rule(config: RuleConfig, position: usize) -> Result<Checked, ConfigError> {
    let period = duration(&config.period).map_err(|error| error.in_field("period"))?;
    let quota = quota(config.limit, period, config.burst.unwrap_or(config.limit), "limit")?;
    let identity = format!("{quota:?} {:?}", config.key);
    let parts = each(config.key, part).map_err(|error| error.in_field("key"))?;
    let name = config.name.unwrap_or_else(|| format!("rules[{position}]"));
    Ok(Checked { name, parts, quota, identity })
}

fn part(config: PartConfig) -> Result<Part, ConfigError> {
    match config {
        PartConfig::ClientIp(Empty {}) => Ok(Part::ClientIp),
        PartConfig::Header(name) => HeaderName::readable(&name)
            .map(Part::Header)
            .map_err(|error| ConfigError::new(error).in_field("header")),
    }
}

fn quota(limit: u64, period: u64, burst: u64, limit_field: &str) -> Result<Quota, ConfigError> {
    let field = match (limit, burst) {
        (0, _) => limit_field,
        (_, 0) => "burst",
        _ => {
            return Quota::new(limit, period, burst).ok_or_else(|| {
                ConfigError::new("too much: a bucket this deep takes over 292 years to fill")
                    .in_field("burst")
            });
        }
    };
    Err(ConfigError::new("0 would refuse every request: give a number above 0").in_field(field))
}

/// `"500ms"`, `"60s"`, `"5m"`, `"1h"` or `"1d"`, in nanoseconds.
fn duration(text: &str) -> Result<u64, ConfigError> {
    let wrong = || {
        ConfigError::new(format_args!(
            "`{text}` is not a duration above 0: give a whole number and a unit, ms, s, m, h or d (\"60s\")"
        ))
    };
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        "d" => 86400 * SECOND,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|&period| period > 0).ok_or_else(wrong)
}

/// The key of the hash, the same for all workers: made once, by the canary VM.
fn seed(namespace: &str) -> Result<[u8; 16], ConfigError> {
    let key = format!("{namespace}\0rate-limit\0seed");
    if let Some(seed) = shared_data::get(key.as_bytes())?
        && let Ok(seed) = seed.as_slice().try_into()
    {
        return Ok(seed);
    }
    let random = || RandomState::new().hash_one(0_u64).to_le_bytes();
    let (mut seed, (low, high)) = ([0; 16], (random(), random()));
    for (to, from) in seed.iter_mut().zip(low.into_iter().chain(high)) {
        *to = from;
    }
    shared_data::set(key.as_bytes(), &seed)?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_the_configuration() {
        proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn wrong_configurations_name_the_place_and_the_cure() {
        let rule = |rest: &str| format!(r#"{{"rules": [{{"key": [], "limit": 1, "period": "1s"{rest}}}]}}"#);
        for (configuration, expected) in [
            ("".into(), "there is nothing to limit: give a rule, such as"),
            ("{}".into(), "there is nothing to limit"),
            (r#"{"rules": []}"#.into(), "rules: there is nothing to limit"),
            ("3 per minute".into(), "expected a JSON object"),
            (r#"{"ttlSecond": 60}"#.into(), "missing field `burst` beside `ttlSecond`"),
            (r#"{"burst": 60}"#.into(), "missing field `ttlSecond` beside `burst`"),
            (r#"{"ttlSecond": 0, "burst": 3}"#.into(), "ttlSecond: 0: give a number of seconds above 0"),
            (r#"{"ttlSecond": 60, "burst": 0}"#.into(), "burst: 0 would refuse every request"),
            (r#"{"ttlSecond": 60, "burst": -1}"#.into(), "burst: invalid value: integer `-1`, expected a whole number that is not negative"),
            (r#"{"ttlSecond": 60, "burst": 3, "rules": []}"#.into(), "give `rules`, or `ttlSecond` and `burst`, not both"),
            (rule(r#", "burst": 0"#), "rules[0].burst: 0 would refuse every request"),
            (rule(r#", "brust": 0"#), "rules[0].brust: unknown field `brust`"),
            (r#"{"rules": [{"key": [{"ip": {}}], "limit": 1, "period": "1s"}]}"#.into(), "rules[0].key[0]: unknown variant `ip`, expected `client_ip` or `header`"),
            (r#"{"rules": [{"key": [{"header": "a b"}], "limit": 1, "period": "1s"}]}"#.into(), "rules[0].key[0].header: `a b` is not a header name"),
            (r#"{"rules": [{"key": [], "limit": 1, "period": "60"}]}"#.into(), "rules[0].period: `60` is not a duration above 0"),
            (r#"{"rules": [{"key": [], "limit": 1, "period": "0s"}]}"#.into(), "rules[0].period: `0s` is not a duration above 0"),
            (r#"{"rules": [{"name": "a", "key": [], "limit": 1, "period": "1s"}, {"name": "a", "key": [], "limit": 1, "period": "1s"}]}"#.into(), "rules[1].name: `a` is another rule's name too"),
            (r#"{"rules": [{"key": [], "limit": 1, "period": "200000d"}]}"#.into(), "rules[0].burst: too much"),
        ] {
            let message = check(configuration.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{configuration}\n{message}");
        }
    }

    #[test]
    fn durations() {
        for (text, expected) in [("500ms", SECOND / 2), ("60s", 60 * SECOND), ("1d", 86400 * SECOND)] {
            assert_eq!(duration(text).unwrap(), expected);
        }
    }
}
