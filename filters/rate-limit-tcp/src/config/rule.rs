//! A rule as JSON.

use limits::Duration;
use limits::config::{RuleName, Slots};
use limits::table::{MAX_SLOTS, WAYS};
use schemars::JsonSchema;
use serde::Deserialize;

use super::key_part::KeyPartConfig;

/// A limit, and what it counts by: `limit` and `period`, or `concurrency`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Rule", extend("anyOf" = [{"required": ["limit", "period"]}, {"required": ["concurrency"]}]))]
#[serde(
    deny_unknown_fields,
    expecting = "a rule, such as {\"limit\": 10, \"period\": \"1s\"} or {\"concurrency\": 100}"
)]
pub(crate) struct RuleConfig {
    /// The rule's name in metrics and logs, unique among the rules: letters, digits, `-`, `_` and `.`. Default: `rule-0` and
    /// so on.
    #[schemars(example = &"per-source")]
    pub(crate) name: Option<RuleName>,
    /// Connections share a count if they have the same value for each of these parts. An empty list is one count for all
    /// connections. Default: the client's address.
    pub(crate) key: Option<Vec<KeyPartConfig>>,
    /// Connections that a key may open per `period`.
    #[schemars(example = 10, extend("minimum" = 1))]
    pub(crate) limit: Option<u64>,
    /// The time in which a key may open `limit` connections: a duration such as `60s`, `100ms`, `1m30s`, `1h` or `1d`.
    #[schemars(example = &"1s", example = &"1m")]
    pub(crate) period: Option<Duration>,
    /// Connections that may come at once, after a pause. Default: `limit`.
    #[schemars(example = 20, extend("minimum" = 1))]
    pub(crate) burst: Option<u64>,
    /// In place of `limit` and `period`: the connections that a key may have open.
    #[schemars(example = 100, extend("minimum" = 1))]
    pub(crate) concurrency: Option<u64>,
    /// Whether the rule only counts, and never limits a connection. Default: false.
    #[serde(default)]
    pub(crate) shadow: bool,
    /// Keys that have a count of their own, a multiple of 8. Four times the clients that you expect is enough. Default: 8192.
    #[schemars(extend("multipleOf" = WAYS, "minimum" = WAYS, "maximum" = MAX_SLOTS, "default" = 8192))]
    pub(crate) slots: Option<Slots>,
}
