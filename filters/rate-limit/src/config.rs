//! The configuration, as it is written.

use std::collections::BTreeMap;

use proxy_filter::config::OneOrMany;
use proxy_filter::matching::Condition;
use schemars::JsonSchema;
use serde::Deserialize;

mod compile;
mod duration;
mod parts;
mod replies;
mod rules;
mod seeds;

pub(crate) use compile::compile;

/// Configuration of rate-limit: `rules`, or `ttlSecond` and `burst`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// All that apply must pass; if one refuses, none is charged.
    rules: Option<Vec<RuleConfig>>,
    /// Seconds in which each client address may make `burst` requests.
    #[serde(rename = "ttlSecond")]
    ttl_second: Option<u64>,
    /// Requests that each client address may make in `ttlSecond`.
    burst: Option<u64>,
    /// What of an address makes a client.
    client_ip: Option<PrefixesConfig>,
    /// Requests that are like one of these are not counted.
    exempt: Option<OneOrMany<Condition>>,
    /// What a limited client gets.
    reply: Option<ReplyConfig>,
    /// Headers that tell clients of their limits; `retry-after` where they are not given.
    headers: Option<OneOrMany<HeaderConfig>>,
    /// An engine that several Envoys share.
    global: Option<GlobalConfig>,
    /// What keeps the counts of plugins apart; the plugin's name where it is not given.
    namespace: Option<String>,
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
    /// What becomes of a request that lacks a part of the key.
    #[serde(default)]
    missing: MissingConfig,
    /// What a request must be like to be counted.
    when: Option<Condition>,
    /// Tokens per period.
    limit: u64,
    /// A duration such as `60s`, `100ms` or `1m30s`.
    period: String,
    /// Tokens that may be spent at once; `limit` where it is not given.
    burst: Option<u64>,
    /// Tokens that a request takes; 1 where it is not given.
    cost: Option<u64>,
    /// Whether it counts only, and refuses nobody.
    #[serde(default)]
    shadow: bool,
    /// Buckets in its table, a multiple of 8; 8192 where it is not given.
    slots: Option<u32>,
    /// Requests for which a worker takes tokens at once; 1, which is exact, where it is not given.
    lease: Option<u64>,
}

/// A part of a key: one of these.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a part of a key, such as {\"client_ip\": {}}")]
struct PartConfig {
    /// The client's address, with prefixes of its own where they are given.
    client_ip: Option<PrefixesConfig>,
    /// The first value of this request header.
    header: Option<String>,
    /// The path, without the query.
    path: Option<Empty>,
    /// The method.
    method: Option<Empty>,
    /// The first parameter of this name in the query.
    query: Option<String>,
    /// The first cookie of this name.
    cookie: Option<String>,
    /// One of Envoy's attributes, such as `xds.route_name`.
    attribute: Option<String>,
}

/// Nothing to choose.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "{}")]
struct Empty {}

/// What becomes of a request that lacks a part of the key.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum MissingConfig {
    /// The rule does not apply to it.
    #[default]
    Skip,
    /// It is refused.
    Deny,
}

/// Bits of an address that make a client.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "prefixes, such as {\"ipv6_prefix\": 56}")]
struct PrefixesConfig {
    /// Of IPv4 addresses; 32 where it is not given.
    ipv4_prefix: Option<u32>,
    /// Of IPv6 addresses; 64, which is one home or office, where it is not given.
    ipv6_prefix: Option<u32>,
}

/// What a limited client gets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a reply, such as {\"status\": 429, \"body\": \"slow down\\n\"}")]
struct ReplyConfig {
    /// 429 where it is not given.
    status: Option<u16>,
    /// A sentence that says when to come back, where it is not given.
    body: Option<String>,
    /// Headers of the reply.
    headers: Option<BTreeMap<String, String>>,
}

/// Headers that tell clients of their limits.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
enum HeaderConfig {
    /// `Retry-After`, on limited replies.
    #[serde(rename = "retry-after")]
    RetryAfter,
    /// `RateLimit` and `RateLimit-Policy`, on all responses.
    #[serde(rename = "ratelimit")]
    Ratelimit,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset`, on all responses.
    #[serde(rename = "x-ratelimit")]
    XRatelimit,
}

/// An engine that speaks Envoy's Rate Limit Service v3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an engine, such as {\"cluster\": \"ratelimit\", \"domain\": \"edge\"}"
)]
struct GlobalConfig {
    /// Envoy's cluster of the engine.
    cluster: String,
    /// The engine's domain, or namespace.
    domain: String,
    /// How long it may take, in whole milliseconds; `20ms` where it is not given.
    timeout: Option<String>,
    /// What becomes of requests while it fails.
    #[serde(default)]
    on_error: OnErrorConfig,
}

/// What becomes of requests while the engine fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum OnErrorConfig {
    /// They pass.
    Allow,
    /// They are refused.
    Deny,
    /// The local rules decide, which go on limiting.
    #[default]
    Local,
}

#[cfg(test)]
mod tests;
