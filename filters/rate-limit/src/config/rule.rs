//! A rule as JSON.

use limits::Duration;
use limits::config::{RuleName, Slots};
use limits::table::{MAX_SLOTS, WAYS};
use proxy_filter::config::Invalid;
use proxy_filter::matching::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cost::CostConfig;
use super::count::CountConfig;
use super::key_part::KeyPartConfig;
use super::tiers::TiersConfig;
use super::tokens::Tokens;

/// A limit, and what it counts by.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Rule", extend("anyOf" = [{"required": ["limit", "period"]}, {"required": ["limits", "period"]}, {"required": ["concurrency"]}]))]
#[serde(
    deny_unknown_fields,
    expecting = "a rule, such as {\"key\": [{\"client_ip\": {}}], \"limit\": 100, \"period\": \"60s\"}"
)]
pub(crate) struct RuleConfig {
    /// The rule's name in headers and metrics, unique among the rules: letters, digits, `-`, `_` and `.`. Default: `rule-0`
    /// and so on.
    #[schemars(example = &"per-ip")]
    pub(crate) name: Option<RuleName>,
    /// Requests share a bucket if they have the same value for each of these parts. An empty list is one bucket for all
    /// requests.
    pub(crate) key: Vec<KeyPartConfig>,
    /// What to do with a request that lacks a part of the key. Default: `skip`.
    #[serde(default)]
    pub(crate) missing: Missing,
    /// Counts only requests that meet this condition. By default, counts all.
    pub(crate) when: Option<Condition>,
    /// Tokens added to a bucket per `period`. A request takes one, or `cost`.
    #[schemars(example = 100, extend("minimum" = 1))]
    pub(crate) limit: Option<Tokens>,
    /// The time in which a bucket gets `limit` tokens: a duration such as `60s`, `100ms`, `1m30s`, `1h` or `1d`.
    #[schemars(example = &"60s", example = &"1h")]
    pub(crate) period: Option<Duration>,
    /// Tokens that a bucket holds: the requests that may come at once. Default: `limit`.
    #[schemars(example = 20, extend("minimum" = 1))]
    pub(crate) burst: Option<Tokens>,
    /// Tokens that a request takes: a number, or an object that says where the response has the number. The rule is then
    /// charged once the response is known. Default: 1.
    #[schemars(extend("default" = 1))]
    pub(crate) cost: Option<CostConfig>,
    /// Whether the rule only counts, and never limits a request. Default: false.
    #[serde(default)]
    pub(crate) shadow: bool,
    /// Buckets in the rule's table, a multiple of 8. Four times the clients that you expect is enough. Default: 8192.
    #[schemars(extend("multipleOf" = WAYS, "minimum" = WAYS, "maximum" = MAX_SLOTS, "default" = 8192))]
    pub(crate) slots: Option<Slots>,
    /// Requests for which a worker takes tokens in advance, which is cheaper but strands tokens on idle workers. Default: 1,
    /// which is exact.
    #[schemars(extend("minimum" = 1, "default" = 1))]
    pub(crate) lease: Option<Lease>,
    /// Charges the rule once the response is known, if it meets a condition. By default, every request is charged when it
    /// arrives.
    pub(crate) count: Option<CountConfig>,
    /// In place of `limit`: limits that a part of the request chooses, such as a claim of its token.
    pub(crate) limits: Option<Box<TiersConfig>>,
    /// In place of `limit` and `period`: the requests that a key may have in flight.
    #[schemars(example = 10, extend("minimum" = 1))]
    pub(crate) concurrency: Option<Tokens>,
}

/// What to do with a request that lacks a part of the key.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missing {
    /// The rule does not apply to it.
    #[default]
    Skip,
    /// The rule denies it.
    Deny,
}

/// The requests for which a worker takes tokens in advance.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u64", description = "")]
#[serde(try_from = "u64")]
pub(crate) struct Lease(pub(crate) u64);

impl TryFrom<u64> for Lease {
    type Error = Invalid;

    fn try_from(requests: u64) -> Result<Self, Invalid> {
        match requests {
            0 => Err(Invalid::new("0 is not a lease: give 1, which is exact, or more")),
            requests => Ok(Self(requests)),
        }
    }
}
