//! Limits that a part of the request chooses, as JSON.

use limits::Duration;
use proxy_filter::config::Entries;
use schemars::JsonSchema;
use serde::Deserialize;

use super::key_part::KeyPartConfig;
use super::tokens::Tokens;

/// Limits that a part of the request chooses.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Limits")]
#[serde(
    deny_unknown_fields,
    expecting = "limits, such as {\"by\": {\"header\": \"x-tier\"}, \"of\": {\"pro\": {\"limit\": 6000}}, \"else\": \
                 {\"limit\": 10}}"
)]
pub(crate) struct TiersConfig {
    /// The part of the request that chooses the limit, as in a key. Not `client_ip`.
    pub(crate) by: KeyPartConfig,
    /// The limit for each value of the part. Values are compared byte by byte.
    pub(crate) of: Entries<TierConfig>,
    /// The limit for requests that lack the part, or have another value.
    #[serde(rename = "else")]
    pub(crate) otherwise: TierConfig,
}

/// One of several limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Limit")]
#[serde(deny_unknown_fields, expecting = "a limit, such as {\"limit\": 60}")]
pub(crate) struct TierConfig {
    /// Tokens added to a bucket per `period`.
    #[schemars(example = 60, extend("minimum" = 1))]
    pub(crate) limit: Tokens,
    /// Tokens that a bucket holds. Default: the rule's `burst`, or else this `limit`.
    #[schemars(extend("minimum" = 1))]
    pub(crate) burst: Option<Tokens>,
    /// The time in which a bucket gets `limit` tokens. Default: the rule's `period`.
    #[schemars(example = &"1h")]
    pub(crate) period: Option<Duration>,
}
