//! The requests that a rule counts, once their responses are known, as JSON.

use proxy_filter::matching::Condition;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which requests a rule charges, decided by their responses.
#[derive(Debug, Deserialize, Hash, JsonSchema)]
#[schemars(rename = "Count")]
#[serde(deny_unknown_fields, expecting = "an object, such as {\"when\": {\"status\": [401, 403]}}")]
pub(crate) struct CountConfig {
    /// Charges only requests that meet this condition once their response has arrived.
    pub(crate) when: Condition,
}
