//! Checks a configuration and makes a filter of it.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::config::{ConfigError, each, from_json};
use proxy_filter::facts::Needs;
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::log::Throttled;
use proxy_filter::matching::{Condition, ConditionConfig};
use proxy_filter::shared_data;
use proxy_filter::template::Template;
use siphasher::sip::SipHasher13;

use super::duration::{self, SECOND};
use super::{
    Config, Empty, GlobalConfig, HeaderConfig, MissingConfig, OnErrorConfig, PartConfig, PrefixesConfig,
    ReplyConfig, RuleConfig,
};
use crate::RateLimit;
use crate::counters::Counters;
use crate::directory::{self, Claim};
use crate::gcra::Quota;
use crate::global::Global;
use crate::key::{Key, Part, Prefixes};
use crate::lease::Leases;
use crate::refusal::Refusal;
use crate::report::Shown;
use crate::rule::{Policy, Rule};
use crate::table::WAYS;

/// Buckets of a table, where a rule does not say.
const SLOTS: u32 = 8192;

/// Bits of an address that make a client, where nobody says.
const PREFIXES: Prefixes = Prefixes { ipv4: 32, ipv6: 64 };

/// Buckets of a table at most: 4 MiB.
const MOST_SLOTS: u32 = 262_144;

/// Seconds that the short form takes at most: a year.
const MOST_SECONDS: u64 = 366 * 86400;

/// A rule, checked, before its table is there.
#[derive(Debug)]
pub(super) struct Checked {
    name: String,
    parts: Vec<Part>,
    denies_missing: bool,
    when: Option<Condition>,
    quota: Quota,
    cost: u64,
    policy: Policy,
    shadow: bool,
    sets: u32,
    lease: u64,
    /// What makes a version of the rule: with a change of it counts start anew.
    identity: u64,
}

/// All that is known without a host.
#[derive(Debug)]
pub(super) struct Plan {
    rules: Vec<Checked>,
    exempt: Vec<Condition>,
    refusal: Refusal,
    shown: Shown,
    global: Option<Global>,
    namespace: Option<String>,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<RateLimit, ConfigError> {
    let Plan { rules, exempt, refusal, shown, global, namespace } = check(configuration)?;
    let namespace = match namespace {
        Some(namespace) => namespace,
        None => PLUGIN_NAME.get()?.unwrap_or_default(),
    };
    let seed = seed(&namespace)?;
    let claims: Vec<_> =
        rules.iter().map(|rule| Claim { identity: rule.identity, sets: rule.sets }).collect();
    let rule = |(position, (rule, table)): (usize, (Checked, _))| {
        let lease = (rule.lease > 1).then(|| (rule.lease, Leases::new()));
        let counters = Counters::define(&rule.name)?;
        let Checked {
            name, parts, denies_missing, when, quota, cost, policy, shadow, sets, identity, ..
        } = rule;
        // By rule, so that buckets of two are never one's, even where one takes over the other's table.
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
            table,
            lease,
            counters,
        })
    };
    let tables = directory::open(&namespace, &claims)?;
    let rules =
        rules.into_iter().zip(tables).enumerate().map(rule).collect::<Result<Vec<_>, ConfigError>>()?;
    let mut needs = Needs::default();
    rules.iter().for_each(|rule| rule.needs(&mut needs));
    exempt.iter().for_each(|condition| needs.of_condition(condition));
    Ok(RateLimit { rules, exempt, needs, refusal, shown, global, engine_fails: Throttled::default() })
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
    let exempt = config.exempt.unwrap_or_default();
    let exempt = each(exempt, Condition::compile).map_err(|error| error.in_field("exempt"))?;
    let shown = shown(&config.headers.unwrap_or_else(|| vec![HeaderConfig::RetryAfter]));
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

fn prefixes(config: PrefixesConfig, default: Prefixes) -> Result<Prefixes, ConfigError> {
    let within = |given: Option<u32>, default, most, field| match given.unwrap_or(default) {
        bits if bits <= most => Ok(bits),
        bits => {
            let wrong = format_args!("{bits}: such an address has {most} bits").to_string();
            Err(ConfigError::new(wrong).in_field(field))
        }
    };
    Ok(Prefixes {
        ipv4: within(config.ipv4_prefix, default.ipv4, 32, "ipv4_prefix")?,
        ipv6: within(config.ipv6_prefix, default.ipv6, 128, "ipv6_prefix")?,
    })
}

fn all(rules: Vec<RuleConfig>, prefixes: Prefixes) -> Result<Vec<Checked>, ConfigError> {
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
fn per_ip(seconds: u64, burst: u64, prefixes: Prefixes) -> Result<Checked, ConfigError> {
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
    let identity = hash(&format!("{name} {quota:?} {:?} {prefixes:?} {sets}", config.key));
    let parts = each(config.key, |config| part(config, prefixes)).map_err(|error| error.in_field("key"))?;
    let compile = |when: ConditionConfig| Condition::compile(when).map_err(|error| error.in_field("when"));
    Ok(Checked {
        name,
        parts,
        denies_missing: config.missing == MissingConfig::Deny,
        when: config.when.map(compile).transpose()?,
        quota,
        cost,
        policy: policy(config.limit, period, cost),
        shadow: config.shadow,
        sets,
        lease,
        identity,
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

fn part(config: PartConfig, all: Prefixes) -> Result<Part, ConfigError> {
    let text =
        |name: &str, template| Template::parse(template).map(|template| Part::Text(name.into(), template));
    let PartConfig { client_ip, header, path, method, query, cookie, attribute } = config;
    let given = [
        client_ip.map(|config| ("client_ip", prefixes(config, all).map(Part::ClientIp))),
        header.map(|name| ("header", header_part(&name))),
        path.map(|Empty {}| ("path", text("path", "%PATH(NQ)%"))),
        method.map(|Empty {}| ("method", text("method", "%REQ(:method)%"))),
        query.map(|name| ("query", query_part(name))),
        cookie.map(|name| ("cookie", cookie_part(name))),
        attribute
            .map(|name| ("attribute", Template::of_attribute(&name).map(|value| Part::Text(name, value)))),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some((field, part)), None) => part.map_err(|error| error.in_field(field)),
        (None, _) => Err(ConfigError::new(
            r#"give a part, such as {"client_ip": {}}; a list without parts is one bucket for all"#,
        )),
        (Some((one, _)), Some((other, _))) => Err(ConfigError::new(format_args!(
            r#"one part each: [{{"{one}": ...}}, {{"{other}": ...}}] counts by both"#
        ))),
    }
}

fn header_part(name: &str) -> Result<Part, ConfigError> {
    const PSEUDO: [&str; 4] = [":method", ":path", ":authority", ":scheme"];
    let name = HeaderName::readable(name).map_err(ConfigError::new)?;
    match name.as_str().starts_with(':') && !PSEUDO.contains(&name.as_str()) {
        true => {
            Err(ConfigError::new(format_args!("`{name}` is in no request: there is {}", PSEUDO.join(", "))))
        }
        false => Ok(Part::Text(name.as_str().into(), Template::of_header(name))),
    }
}

fn query_part(name: String) -> Result<Part, ConfigError> {
    match name.is_empty() {
        true => Err(ConfigError::new("empty: give the parameter's name")),
        false => Ok(Part::Query(name)),
    }
}

fn cookie_part(name: String) -> Result<Part, ConfigError> {
    match name.is_empty() || name.contains(|c: char| c == '=' || c == ';' || c == ',' || c.is_whitespace()) {
        true => Err(ConfigError::new(format_args!("`{}` is not a cookie's name", name.escape_debug()))),
        false => Ok(Part::Cookie(name)),
    }
}

fn global(config: GlobalConfig) -> Result<Global, ConfigError> {
    for (field, text) in [("cluster", &config.cluster), ("domain", &config.domain)] {
        if text.is_empty() {
            return Err(ConfigError::new("give its name").in_field(field));
        }
    }
    let timeout = duration::parse(config.timeout.as_deref().unwrap_or("20ms"));
    Ok(Global {
        cluster: config.cluster,
        domain: config.domain,
        timeout: Duration::from_nanos(timeout.map_err(|error| error.in_field("timeout"))?),
        denies_on_error: config.on_error == OnErrorConfig::Deny,
    })
}

fn refusal(config: ReplyConfig, shown: Shown) -> Result<Refusal, ConfigError> {
    let status = config.status.unwrap_or(429);
    if !(400..=599).contains(&status) {
        let wrong = format_args!("{status} refuses nothing: give 400 to 599").to_string();
        return Err(ConfigError::new(wrong).in_field("status"));
    }
    let mut names = BTreeSet::new();
    let header = |(name, value): (String, String)| {
        let place = |error: ConfigError| error.in_field(&name).in_field("headers");
        let value = HeaderValue::new(value).map_err(|error| place(ConfigError::new(error)))?;
        let known = HeaderName::new(&name).map_err(|error| place(ConfigError::new(error)))?;
        let wrong = match known.as_str() {
            "content-length" | "transfer-encoding" => "it frames the body: Envoy sets it",
            "grpc-status" | "grpc-message" => "it is set for gRPC clients: RESOURCE_EXHAUSTED",
            "retry-after" if shown.retry_after => {
                "it is set to when to come back: leave `retry-after` out of `headers` first"
            }
            _ if known.is_hop_by_hop() => "it belongs to a connection: Envoy sets it",
            _ if !names.insert(known.to_string()) => "it is there twice: names of headers have no capitals",
            _ => return Ok((known, value)),
        };
        Err(place(ConfigError::new(wrong)))
    };
    let headers = config.headers.unwrap_or_default().into_iter().map(header).collect::<Result<_, _>>()?;
    Ok(Refusal { status, body: config.body, headers })
}

fn shown(headers: &[HeaderConfig]) -> Shown {
    let mut shown = Shown::default();
    for header in headers {
        match header {
            HeaderConfig::RetryAfter => shown.retry_after = true,
            HeaderConfig::Ratelimit => shown.ratelimit = true,
            HeaderConfig::XRatelimit => shown.x_ratelimit = true,
        }
    }
    shown
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

/// The key of a rule's hash.
fn of_rule(mut seed: [u8; 16], identity: u64) -> [u8; 16] {
    seed.iter_mut().zip(identity.to_le_bytes()).for_each(|(byte, other)| *byte ^= other);
    seed
}

/// The same on every worker.
fn hash(text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
