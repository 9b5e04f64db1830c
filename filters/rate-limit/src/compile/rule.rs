//! Compiles rules.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use limits::config::{IdentityHasher, RuleName};
use limits::{Duration, Prefixes, PrefixesConfig};
use proxy_filter::config::{ConfigError, each};
use proxy_filter::inputs::check_before_response;
use proxy_filter::matching::When;

use super::late;
use crate::config::Limits;
use crate::config::key_part::KeyPartConfig;
use crate::config::rule::{Lease, Missing, RuleConfig};
use crate::config::seconds::Seconds;
use crate::config::tokens::Tokens;
use crate::key::Key;
use crate::late::LatePlan;
use crate::limit::Policy;
use crate::rule::RulePlan;

use super::concurrency;
use super::key_part::key_part;
use super::limit::{self, Numbers};
use super::tiers::{self, Terms};

pub(super) fn all(limits: Limits, prefixes: Prefixes) -> Result<Vec<Rc<RulePlan>>, ConfigError> {
    let rules = match limits {
        Limits::Rules(rules) => rules,
        Limits::PerClient { seconds, burst } => {
            return Ok(vec![Rc::new(plan(per_client(seconds, burst), 0, prefixes)?)]);
        }
    };
    let mut names: Vec<String> = Vec::new();
    let mut position = 0_usize;
    let unique = |config: RuleConfig| {
        let is_named = config.name.is_some();
        let plan = plan(config, position, prefixes)?;
        position = position.saturating_add(1);
        let name = &plan.name;
        match names.binary_search(name) {
            Err(place) => {
                names.insert(place, name.clone());
                Ok(Rc::new(plan))
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
    let mut plans = each(rules, unique).map_err(|error| error.in_field("rules"))?;
    // Rules that count requests in flight come last. The sort of the standard library would be 3 KB of the module.
    let in_flight: Vec<_> = plans.extract_if(.., |plan| plan.concurrency.is_some()).collect();
    plans.extend(in_flight);
    Ok(plans)
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
        count: None,
        concurrency: None,
    }
}

fn plan(config: RuleConfig, position: usize, prefixes: Prefixes) -> Result<RulePlan, ConfigError> {
    let concurrency = concurrency::check(&config)?;
    let RuleConfig {
        name,
        key,
        missing,
        when,
        limit,
        period,
        burst,
        cost,
        shadow,
        slots,
        lease,
        count,
        limits,
        concurrency: _,
    } = config;
    let name = name.map_or_else(|| format!("rule-{position}"), |RuleName(name)| name);
    let (cost, late) = late::plan(count, cost)?;
    let lease = lease.map_or(1, |Lease(requests)| requests);
    let period = || period.ok_or_else(|| ConfigError::new("missing field `period`"));
    let (numbers, tiers) = match (limit, limits) {
        _ if concurrency.is_some() => (concurrency::NUMBERS, None),
        (Some(Tokens(limit)), None) => {
            let burst = burst.map_or(limit, |Tokens(burst)| burst);
            (Numbers { limit, period: period()?.nanoseconds, burst }, None)
        }
        (None, Some(limits)) => {
            let period = period()?;
            let terms = Terms { period, burst, cost, lease };
            let compiled = tiers::compile(*limits, terms, prefixes).map_err(|error| error.in_field("limits"));
            let (tiers, numbers, identity) = compiled?;
            (numbers, Some((tiers, identity)))
        }
        (None, None) => return Err(ConfigError::new("missing field `limit`, or `limits`, or `concurrency`")),
        (Some(_), Some(_)) => return Err(ConfigError::new("give either `limit` or `limits`")),
    };
    let Numbers { limit, period, burst } = numbers;
    if cost > burst {
        let wrong = "more than `burst`, so no request would ever pass: lower it, or raise `burst`";
        return Err(ConfigError::new(wrong).in_field("cost"));
    }
    let mut compiled = limit::compile(numbers, cost)?;
    let sets = match (key.is_empty() && tiers.is_none(), slots) {
        (true, None) => 1,
        (true, Some(_)) => {
            let wrong = "without a `key` there is only one bucket: remove `slots`";
            return Err(ConfigError::new(wrong).in_field("slots"));
        }
        (false, slots) => slots.unwrap_or_default().sets,
    };
    late::check_lease(late.as_ref(), lease)?;
    if lease > burst {
        let wrong = "more than `burst`, which is all that a worker could take: lower it";
        return Err(ConfigError::new(wrong).in_field("lease"));
    }
    if let Some(when) = &when {
        check_before_response(when).map_err(|error| error.in_field("when"))?;
    }
    let parts: Vec<_> = key.into_iter().map(|part| key_part(part, prefixes)).collect();
    // Hashes what users wrote, so that a rule keeps its counts when another build is loaded.
    let mut hasher = IdentityHasher::default();
    (&name, limit, period, burst, cost, &parts, sets, missing, &when, shadow).hash(&mut hasher);
    tiers.iter().for_each(|(_, identity)| identity.hash(&mut hasher));
    if let Some(late) = &late {
        ("late", late).hash(&mut hasher);
    }
    if let Some(requests) = concurrency {
        ("concurrency", requests).hash(&mut hasher);
        compiled.policy = Policy { requests, seconds: 0 };
    }
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
        tiers: tiers.map(|(tiers, _)| Box::new(tiers)),
        concurrency,
        late: late.map(LatePlan::from),
    })
}

#[cfg(test)]
mod tests {
    use limits::gcra::SECOND;
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

    /// The registry gives a table away once its buckets are full, and what workers counted that are gone is given back.
    #[test]
    fn a_table_is_kept_until_its_buckets_have_paid_their_debts() {
        let fill = |more: &str| {
            let rule = format!(r#"{{"key": [], "limit": 60, "period": "1m", "burst": 30{more}}}"#);
            plan(from_json(rule.as_bytes()).unwrap(), 0, Prefixes { ipv4: 32, ipv6: 64 }).unwrap().fill()
        };
        assert_eq!(fill(""), 30 * SECOND);
        assert_eq!(fill(r#", "count": {"when": {"status": 401}}"#), 330 * SECOND);
        assert_eq!(fill(r#", "cost": {"response_header": "x-tokens"}"#), 330 * SECOND);
        let at_once = from_json(br#"{"key": [], "concurrency": 1}"#).unwrap();
        assert_eq!(
            plan(at_once, 0, Prefixes { ipv4: 32, ipv6: 64 }).unwrap().fill(),
            limits::in_flight::GONE_AFTER
        );
    }

    /// Until its buckets are full, no other rule gets the table.
    #[test]
    fn a_table_is_full_when_the_bucket_of_the_slowest_limit_is() {
        const HOUR: u64 = 3_600_000_000_000;
        for (of, hours) in [
            (r#"{"slow": {"limit": 1, "period": "5h"}, "fast": {"limit": 1, "period": "1s"}}"#, 5),
            (r#"{"deep": {"limit": 1, "burst": 3}}"#, 3),
            (r#"{"fast": {"limit": 9}}"#, 1),
        ] {
            let limits = format!(r#"{{"by": {{"header": "x-a"}}, "of": {of}, "else": {{"limit": 1}}}}"#);
            let rule = format!(r#"{{"key": [], "period": "1h", "limits": {limits}}}"#);
            let rule = from_json(rule.as_bytes()).unwrap();
            assert_eq!(plan(rule, 0, Prefixes { ipv4: 32, ipv6: 64 }).unwrap().fill(), hours * HOUR, "{of}");
        }
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
            r#", "count": {"when": {"method": "GET"}}"#,
            r#", "cost": {"response_header": "x-a"}"#,
        ] {
            assert_ne!(rule(more), rule(""), "{more}");
        }
        assert_eq!(rule(r#", "lease": 2"#), rule(""));
        let at_once = |requests: u64| identity(&format!(r#"{{"key": [], "concurrency": {requests}}}"#));
        assert_ne!(at_once(1), at_once(2));
        let by_header = |name: &str, default: u32| {
            rule(&format!(r#", "cost": {{"response_header": "{name}", "default": {default}}}"#))
        };
        assert_ne!(by_header("x-a", 1), by_header("x-b", 1));
        assert_ne!(by_header("x-a", 1), by_header("x-a", 2));
    }
}
