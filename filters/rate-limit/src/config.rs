//! The configuration as JSON.

use limits::PrefixesConfig;
use proxy_filter::config::{ConfigError, Invalid, OneOrMany, from_json};
use proxy_filter::matching::Condition;
use schemars::JsonSchema;
use serde::Deserialize;

use reply::{HeaderConfig, ReplyConfig};
use rule::RuleConfig;
use seconds::Seconds;
use service::ServiceConfig;
use tokens::Tokens;

pub(crate) mod cost;
pub(crate) mod count;
pub(crate) mod key_part;
pub(crate) mod path;
pub(crate) mod reply;
pub(crate) mod rule;
pub(crate) mod seconds;
pub(crate) mod service;
pub(crate) mod tiers;
pub(crate) mod tokens;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    with = "Fields",
    title = env!("CARGO_PKG_NAME"),
    extend("$id" = concat!("urn:proxy-wasm-filters:", env!("CARGO_PKG_NAME"), ":", env!("CARGO_PKG_VERSION"))),
    description = concat!("Configuration of ", env!("CARGO_PKG_NAME"), ": `rules`, or `ttlSecond` and `burst`.")
)]
#[serde(try_from = "Fields")]
pub(crate) struct Config {
    pub(crate) limits: Limits,
    pub(crate) client_ip: PrefixesConfig,
    pub(crate) exempt: Option<OneOrMany<Condition>>,
    pub(crate) reply: ReplyConfig,
    pub(crate) headers: Vec<HeaderConfig>,
    pub(crate) service: Option<ServiceConfig>,
    pub(crate) namespace: Option<String>,
}

/// The limits, in one of two forms.
#[derive(Debug)]
pub(crate) enum Limits {
    Rules(Vec<RuleConfig>),
    /// The short form: `burst` requests per client and `ttlSecond`.
    PerClient {
        seconds: Seconds,
        burst: Tokens,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// The limits. Every rule that applies must allow a request; if one limits it, no rule is charged.
    rules: Option<Vec<RuleConfig>>,
    /// The short form, in place of `rules`: the seconds in which each client address may send `burst` requests.
    #[serde(rename = "ttlSecond")]
    #[schemars(example = 60, extend("minimum" = 1))]
    ttl_second: Option<Seconds>,
    /// The short form, in place of `rules`: the requests that each client address may send in `ttlSecond`.
    #[schemars(example = 3, extend("minimum" = 1))]
    burst: Option<Tokens>,
    /// How many bits of an address identify a client. By default, a client is an IPv4 address or 64 bits of an IPv6 address.
    client_ip: Option<PrefixesConfig>,
    /// Requests that meet one of these conditions are not counted. By default, all are counted.
    exempt: Option<OneOrMany<Condition>>,
    /// The reply to limited requests. Default: status 429, and a sentence that says when to retry.
    reply: Option<ReplyConfig>,
    /// The headers that tell clients their limits. Default: `retry-after`.
    #[schemars(extend("default" = ["retry-after"]))]
    headers: Option<OneOrMany<HeaderConfig>>,
    /// A rate limit service that several Envoys share, asked about requests that the rules here allow. None by default.
    global: Option<ServiceConfig>,
    /// Keeps the counts of plugins apart: those with the same namespace and the same rule share its counts. Default: the
    /// plugin's name.
    namespace: Option<String>,
}

impl Config {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        if bytes.trim_ascii().is_empty() {
            return Err(no_rules());
        }
        from_json(bytes)
    }
}

impl TryFrom<Fields> for Config {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let limits = match (fields.rules, fields.ttl_second, fields.burst) {
            (Some(rules), None, None) if rules.is_empty() => return Err(no_rules().in_field("rules").into()),
            (Some(rules), None, None) => Limits::Rules(rules),
            (None, Some(seconds), Some(burst)) => Limits::PerClient { seconds, burst },
            (None, None, None) => return Err(no_rules().into()),
            (Some(_), ..) => return Err(Invalid::new("give either `rules`, or `ttlSecond` and `burst`")),
            (None, None, Some(_)) => return Err(Invalid::new("missing field `ttlSecond`: `burst` needs it")),
            (None, Some(_), None) => return Err(Invalid::new("missing field `burst`: `ttlSecond` needs it")),
        };
        Ok(Self {
            limits,
            client_ip: fields.client_ip.unwrap_or_default(),
            exempt: fields.exempt,
            reply: fields.reply.unwrap_or_default(),
            headers: fields.headers.map_or_else(|| vec![HeaderConfig::RetryAfter], OneOrMany::into_vec),
            service: fields.global,
            namespace: fields.namespace,
        })
    }
}

fn no_rules() -> ConfigError {
    ConfigError::new(
        r#"nothing to limit: add a rule, such as {"rules": [{"key": [{"client_ip": {}}], "limit": 100, "period": "60s"}]}"#,
    )
}

#[cfg(test)]
mod tests;
