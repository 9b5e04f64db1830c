//! A rule.

use std::collections::BTreeSet;

use proxy_filter::config::{ConfigError, each};
use proxy_filter::inputs::check_before_response;
use proxy_filter::matching::Condition;

use super::duration::{self, SECOND};
use super::parts::part;
use super::{MissingConfig, PartConfig, PrefixesConfig, RuleConfig};
use crate::gcra::Quota;
use crate::key::{KeyPart, Prefixes};
use crate::rule::Policy;
use crate::table::WAYS;

/// Buckets of a table, where a rule does not say.
const SLOTS: u32 = 8192;

/// Buckets of a table at most: 4 MiB.
const MOST_SLOTS: u32 = 262_144;

/// Seconds that the short form takes at most: a year.
const MOST_SECONDS: u64 = 366 * 86400;

/// A rule, checked, before its table is there.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) parts: Vec<KeyPart>,
    pub(super) denies_missing: bool,
    pub(super) when: Option<Condition>,
    pub(super) quota: Quota,
    pub(super) cost: u64,
    pub(super) policy: Policy,
    pub(super) shadow: bool,
    pub(super) sets: u32,
    pub(super) lease: u64,
    /// What makes the rule this one, beside its plugin's namespace: with a change of it counts start anew.
    pub(super) text: String,
}

pub(super) fn all(rules: Vec<RuleConfig>, prefixes: Prefixes) -> Result<Vec<Checked>, ConfigError> {
    let mut names = BTreeSet::new();
    let mut position = 0_usize;
    each(rules, |config| {
        let is_named = config.name.is_some();
        let checked = rule(config, position, prefixes)?;
        position = position.saturating_add(1);
        if names.insert(checked.name.clone()) {
            return Ok(checked);
        }
        let Checked { name, .. } = checked;
        Err(match is_named {
            true => ConfigError::new(format_args!("`{name}` is another rule's name too")).in_field("name"),
            false => ConfigError::new(format_args!(
                "without a `name` it would be `{name}`, which is another rule's: give it one"
            )),
        })
    })
}

/// The tutorials' `{"ttlSecond": 60, "burst": 3}`: 3 requests per 60 s and client address.
pub(super) fn per_ip(seconds: u64, burst: u64, prefixes: Prefixes) -> Result<Checked, ConfigError> {
    if seconds == 0 || seconds > MOST_SECONDS {
        let wrong = format_args!("{seconds}: give a number of seconds from 1 to {MOST_SECONDS}").to_string();
        return Err(ConfigError::new(wrong).in_field("ttlSecond"));
    }
    let config = RuleConfig {
        name: Some("per-ip".into()),
        key: vec![PartConfig { client_ip: Some(PrefixesConfig::default()), ..PartConfig::default() }],
        missing: MissingConfig::Skip,
        when: None,
        limit: burst,
        period: format!("{seconds}s"),
        burst: None,
        cost: None,
        shadow: false,
        slots: None,
        lease: None,
    };
    if burst == 0 {
        return Err(ConfigError::new("0 would refuse every request: give a number above 0").in_field("burst"));
    }
    rule(config, 0, prefixes)
}

fn rule(config: RuleConfig, position: usize, prefixes: Prefixes) -> Result<Checked, ConfigError> {
    let name = config.name.map_or_else(|| Ok(format!("rule-{position}")), named)?;
    let period = duration::parse(&config.period).map_err(|error| error.in_field("period"))?;
    let burst = config.burst.unwrap_or(config.limit);
    let cost = config.cost.unwrap_or(1);
    let quota = quota(config.limit, period, burst, cost)?;
    let sets = sets(config.slots, config.key.is_empty())?;
    let lease = match config.lease.unwrap_or(1) {
        0 => return Err(ConfigError::new("0: give a number above 0; 1 is exact").in_field("lease")),
        lease if lease > burst => {
            let wrong = "more than `burst`: a worker cannot take more than there is";
            return Err(ConfigError::new(wrong).in_field("lease"));
        }
        lease => lease,
    };
    let (key, missing, when, shadow) = (&config.key, config.missing, &config.when, config.shadow);
    let text = format!("{name} {quota:?} {key:?} {prefixes:?} {sets} {missing:?} {when:?} {shadow}");
    let parts = each(config.key, |config| part(config, prefixes)).map_err(|error| error.in_field("key"))?;
    if let Some(when) = &config.when {
        check_before_response(when).map_err(|error| error.in_field("when"))?;
    }
    Ok(Checked {
        name,
        parts,
        denies_missing: config.missing == MissingConfig::Deny,
        when: config.when,
        quota,
        cost,
        policy: policy(config.limit, period, cost),
        shadow: config.shadow,
        sets,
        lease,
        text,
    })
}

/// Names stand in headers, between quotes, and in those of statistics.
fn named(name: String) -> Result<String, ConfigError> {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !name.is_empty() && name.bytes().all(belongs) {
        true => Ok(name),
        false => {
            let wrong =
                format_args!("`{}`: use letters, digits, `-`, `_` and `.`", name.escape_debug()).to_string();
            Err(ConfigError::new(wrong).in_field("name"))
        }
    }
}

fn quota(limit: u64, period: u64, burst: u64, cost: u64) -> Result<Quota, ConfigError> {
    let zero = "0 would refuse every request: give a number above 0";
    let (field, wrong) = match (limit, burst, cost) {
        (0, ..) => ("limit", zero),
        (_, 0, _) => ("burst", zero),
        (.., 0) => ("cost", "0 would count nothing: give a number above 0, or leave the rule out"),
        _ if cost > burst => ("cost", "more than `burst`: no request would ever pass"),
        _ => {
            let too_much = "a bucket of `burst` tokens, of `limit` where it is not given, must fill within 292 \
                            years, with at most a token in a nanosecond: lower them, or shorten `period`";
            return Quota::new(limit, period, burst, cost).ok_or_else(|| ConfigError::new(too_much));
        }
    };
    Err(ConfigError::new(wrong).in_field(field))
}

/// Requests in whole seconds, of which a shorter period has one.
fn policy(limit: u64, period: u64, cost: u64) -> Policy {
    let seconds = period.div_ceil(SECOND);
    let requests = u128::from(limit).saturating_mul(u128::from(seconds.saturating_mul(SECOND)));
    let requests = requests
        .checked_div(u128::from(period))
        .and_then(|tokens| tokens.checked_div(cost.into()))
        .unwrap_or_default();
    Policy { requests: u64::try_from(requests).unwrap_or(u64::MAX), seconds }
}

/// One bucket for all needs no table.
fn sets(slots: Option<u32>, is_one: bool) -> Result<u32, ConfigError> {
    let ways = u32::try_from(WAYS).unwrap_or(u32::MAX);
    match slots {
        None if is_one => Ok(1),
        _ if is_one => {
            Err(ConfigError::new("leave it out: without a `key` there is one bucket").in_field("slots"))
        }
        slots => match slots.unwrap_or(SLOTS) {
            slots @ 1..=MOST_SLOTS if slots.is_multiple_of(ways) => {
                Ok(slots.checked_div(ways).unwrap_or_default())
            }
            slots => {
                let wrong =
                    format_args!("{slots}: give a multiple of {ways}, up to {MOST_SLOTS}").to_string();
                Err(ConfigError::new(wrong).in_field("slots"))
            }
        },
    }
}
