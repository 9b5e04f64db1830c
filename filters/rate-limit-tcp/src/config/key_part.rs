//! A part of a key as JSON.

use limits::PrefixesConfig;
use schemars::JsonSchema;
use serde::Deserialize;

/// A part of a key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "KeyPart")]
#[serde(deny_unknown_fields, expecting = "a part of a key, such as {\"client_ip\": {}}")]
pub(crate) struct KeyPartConfig {
    /// The client's address, optionally with its own prefixes.
    pub(crate) client_ip: PrefixesConfig,
}
