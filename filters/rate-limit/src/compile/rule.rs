//! Compiles rules.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use limits::gcra::{Quota, SECOND};
use limits::{Duration, Prefixes, PrefixesConfig};
use proxy_filter::config::{ConfigError, each};
use proxy_filter::headers::pseudo::METHOD;
use proxy_filter::inputs::check_before_response;
use proxy_filter::matching::{Condition, When};
use proxy_filter::template::Template;
use siphasher::sip::SipHasher13;

use crate::concurrency::ConcurrencyPlan;
use crate::config::Limits;
use crate::config::key_part::KeyPartConfig;
use crate::config::rule::{Cost, Lease, Missing, RuleConfig, RuleName, Slots, Tokens};
use crate::config::seconds::Seconds;
use crate::key::{Key, KeyPart};
use crate::limit::{Limit, Policy};
use crate::rule::RulePlan;

use super::concurrency;
use super::tiers::{self, Numbers, Terms};

/// The rules with buckets, and those that count requests in flight.
type Rules = (Vec<Rc<RulePlan>>, Vec<Rc<ConcurrencyPlan>>);

pub(super) fn all(limits: Limits, prefixes: Prefixes) -> Result<Rules, ConfigError> {
    let rules = match limits {
        Limits::Rules(rules) => rules,
        Limits::PerClient { seconds, burst } => {
            return Ok((vec![Rc::new(plan(per_client(seconds, burst), 0, prefixes)?)], Vec::new()));
        }
    };
    let mut names: Vec<String> = Vec::new();
    let (mut position, mut at_once) = (0_usize, Vec::new());
    let unique = |config: RuleConfig| {
        let is_named = config.name.is_some();
        let (name, plan) = match config.concurrency {
            None => {
                let plan = plan(config, position, prefixes)?;
                (plan.name.clone(), Some(Rc::new(plan)))
            }
            Some(most) => {
                let plan = concurrency::plan(config, most, position, prefixes)?;
                let name = plan.name.clone();
                at_once.push(Rc::new(plan));
                (name, None)
            }
        };
        position = position.saturating_add(1);
        match names.binary_search(&name) {
            Err(place) => {
                names.insert(place, name);
                Ok(plan)
            }
            Ok(_) if is_named => {
                let wrong = format_args!("another rule is named `{name}`: choose another name").to_string();
                Err(ConfigError::new(wrong).in_field("name"))
            }
            Ok(_) => Err(ConfigError::new(format_args!(
                "another rule is named `{name}`, the default name of this one: add a `name`"
            ))),
        }
    };
    let rules = each(rules, unique).map_err(|error| error.in_field("rules"))?;
    Ok((rules.into_iter().flatten().collect(), at_once))
}

/// Expands the short form: `{"ttlSecond": 60, "burst": 3}` allows 3 requests per 60 s and client address.
fn per_client(Seconds(seconds): Seconds, burst: Tokens) -> RuleConfig {
    RuleConfig {
        name: Some(RuleName("per-ip".into())),
        key: vec![KeyPartConfig::ClientIp(PrefixesConfig::default())],
        missing: Missing::Skip,
        when: None,
        limit: Some(burst),
        period: Some(Duration::from_seconds(seconds)),
        burst: None,
        cost: None,
        shadow: false,
        slots: None,
        lease: None,
        limits: None,
        concurrency: None,
    }
}

fn plan(config: RuleConfig, position: usize, prefixes: Prefixes) -> Result<RulePlan, ConfigError> {
    let RuleConfig {
        name, key, missing, when, limit, period, burst, cost, shadow, slots, lease, limits, ..
    } = config;
    let name = name_or_default(name, position);
    let period = period.ok_or_else(|| ConfigError::new("missing field `period`"));
    let cost = cost.map_or(1, |Cost(cost)| cost);
    let lease = lease.map_or(1, |Lease(requests)| requests);
    let (numbers, tiers) = match (limit, limits) {
        (Some(Tokens(limit)), None) => {
            let period = period?;
            let burst = burst.map_or(limit, |Tokens(burst)| burst);
            (Numbers { limit, period: period.nanoseconds, burst }, None)
        }
        (None, Some(limits)) => {
            let terms = Terms { period: period?, burst, cost, lease };
            let compiled = tiers::compile(*limits, terms, prefixes).map_err(|error| error.in_field("limits"));
            let (tiers, numbers, identity) = compiled?;
            (numbers, Some((tiers, identity)))
        }
        (None, None) => return Err(ConfigError::new("missing field `limit`")),
        (Some(_), Some(_)) => return Err(ConfigError::new("give either `limit` or `limits`")),
    };
    let Numbers { limit, period, burst } = numbers;
    if cost > burst {
        let wrong = "more than `burst`, so no request would ever pass: lower it, or raise `burst`";
        return Err(ConfigError::new(wrong).in_field("cost"));
    }
    let compiled = self::limit(numbers, cost)?;
    let sets = sets(key.is_empty() && tiers.is_none(), slots)?;
    if lease > burst {
        let wrong = "more than `burst`, which is all that a worker could take: lower it";
        return Err(ConfigError::new(wrong).in_field("lease"));
    }
    check_when(when.as_ref())?;
    let parts: Vec<_> = key.into_iter().map(|part| key_part(part, prefixes)).collect();
    // Hashes what users wrote, so that a rule keeps its counts when another build is loaded.
    let mut hasher = IdentityHasher::default();
    (&name, limit, period, burst, cost, &parts, sets, missing, &when, shadow).hash(&mut hasher);
    tiers.iter().for_each(|(_, identity)| identity.hash(&mut hasher));
    let identity = hasher.finish();
    Ok(RulePlan {
        name,
        key: Key { parts },
        denies_missing: missing == Missing::Deny,
        when: when.map(When::from),
        limit: compiled,
        shadow,
        sets,
        lease,
        identity,
        tiers: tiers.map(|(tiers, _)| tiers),
    })
}

/// Returns the name of a rule.
pub(super) fn name_or_default(name: Option<RuleName>, position: usize) -> String {
    name.map_or_else(|| format!("rule-{position}"), |RuleName(name)| name)
}

/// Returns the sets of a rule's table.
#[inline(never)]
pub(super) fn sets(is_one_bucket: bool, slots: Option<Slots>) -> Result<u32, ConfigError> {
    match (is_one_bucket, slots) {
        (true, None) => Ok(1),
        (true, Some(_)) => {
            let wrong = "without a `key` there is only one bucket: remove `slots`";
            Err(ConfigError::new(wrong).in_field("slots"))
        }
        (false, slots) => Ok(slots.unwrap_or_default().sets),
    }
}

#[inline(never)]
pub(super) fn check_when(when: Option<&Condition>) -> Result<(), ConfigError> {
    when.map_or(Ok(()), |when| check_before_response(when)).map_err(|error| error.in_field("when"))
}

/// Compiles the limit of a bucket.
#[inline(never)]
pub(super) fn limit(Numbers { limit, period, burst }: Numbers, cost: u64) -> Result<Limit, ConfigError> {
    let quota = Quota::new(limit, period, burst, cost).ok_or_else(|| {
        ConfigError::new(
            "a bucket of `burst` tokens (default: `limit`) must fill within 292 years, with at most one token per \
             nanosecond: lower `burst` and `limit`, or shorten `period`",
        )
    })?;
    Ok(Limit { quota, cost, policy: policy(limit, period, cost) })
}

/// A hasher that is not inlined, so that the module contains its code once, not once for each field.
#[derive(Default)]
pub(super) struct IdentityHasher(SipHasher13);

impl Hasher for IdentityHasher {
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    #[inline(never)]
    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// Compiles a part of a key. `prefixes` applies to parts without prefixes of their own.
pub(super) fn key_part(config: KeyPartConfig, prefixes: Prefixes) -> KeyPart {
    match config {
        KeyPartConfig::ClientIp(own) => KeyPart::ClientIp(prefixes_or(own, prefixes)),
        KeyPartConfig::Header(name) => KeyPart::Text(name.as_str().into(), Template::of_header(name)),
        KeyPartConfig::Path(classes) if classes.is_empty() => KeyPart::Path,
        KeyPartConfig::Path(classes) => KeyPart::Class(classes),
        KeyPartConfig::Method => KeyPart::Text("method".into(), Template::of_header(METHOD.clone())),
        KeyPartConfig::Query(name) => KeyPart::Query(name),
        KeyPartConfig::Cookie(name) => KeyPart::Cookie(name),
        KeyPartConfig::Attribute(name, value) => KeyPart::Text(name, value),
    }
}

/// Returns the configured prefixes, or these defaults.
pub(super) fn prefixes_or(config: PrefixesConfig, default: Prefixes) -> Prefixes {
    Prefixes { ipv4: config.ipv4.unwrap_or(default.ipv4), ipv6: config.ipv6.unwrap_or(default.ipv6) }
}

/// Converts the limit to requests per whole seconds. Rounds the period up.
fn policy(limit: u64, period: u64, cost: u64) -> Policy {
    let seconds = period.div_ceil(SECOND);
    let requests = u128::from(limit).saturating_mul(u128::from(seconds.saturating_mul(SECOND)));
    let requests = requests
        .checked_div(u128::from(period))
        .and_then(|tokens| tokens.checked_div(cost.into()))
        .unwrap_or_default();
    Policy { requests: u64::try_from(requests).unwrap_or(u64::MAX), seconds }
}

#[cfg(test)]
mod tests {
    use proxy_filter::config::from_json;

    use super::*;

    fn identity(rule: &str) -> u64 {
        plan(from_json(rule.as_bytes()).unwrap(), 0, Prefixes { ipv4: 32, ipv6: 64 }).unwrap().identity
    }

    /// If this number changes, rules lose their counts when this version is loaded in place of the last: say so in
    /// CHANGELOG.md. Modules have another number, because lengths have 32 bits there.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn an_identity_is_the_same_in_every_build() {
        let rule = r#"{"key": [{"attribute": "source.address"}, {"client_ip": {}}, {"header": "x-a"}],
            "when": {"all": [{"host": "a.example"}, {"path": {"prefix": "/a"}}, {"client_ip": "10.0.0.0/8"}]},
            "limit": 1, "period": "1h"}"#;
        assert_eq!(identity(rule), 212_159_021_111_007_713);
    }

    #[test]
    fn an_identity_is_that_of_every_field_but_the_lease() {
        let with = |key: &str, limit: u64, period: &str, more: &str| {
            identity(&format!(r#"{{"key": [{key}], "limit": {limit}, "period": "{period}"{more}}}"#))
        };
        let rule = |more: &str| with(r#"{"path": {}}"#, 9, "1h", more);
        assert_ne!(with(r#"{"method": {}}"#, 9, "1h", ""), rule(""));
        // The same rate, in another period.
        let burst = r#", "burst": 9"#;
        assert_ne!(with(r#"{"path": {}}"#, 18, "2h", burst), rule(burst));
        for more in [
            r#", "name": "a""#,
            r#", "burst": 8"#,
            r#", "cost": 2"#,
            r#", "missing": "deny""#,
            r#", "shadow": true"#,
            r#", "slots": 16"#,
            r#", "when": {"method": "GET"}"#,
        ] {
            assert_ne!(rule(more), rule(""), "{more}");
        }
        assert_eq!(rule(r#", "lease": 2"#), rule(""));
    }
}
