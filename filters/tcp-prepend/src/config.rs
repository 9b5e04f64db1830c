//! The configuration.

use proxy_filter::config::{ConfigError, from_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use payload::PayloadConfig;

mod bytes;
mod payload;
mod proxy_protocol;

/// Configuration of tcp-prepend.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(
    title = "tcp-prepend",
    extend("$id" = concat!("urn:proxy-wasm-filters:", env!("CARGO_PKG_NAME"), ":", env!("CARGO_PKG_VERSION")))
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What to send before the client's bytes. If neither direction is given, a default text goes to the upstream.
    pub(crate) to_upstream: Option<DirectionConfig>,
    /// What to send before the upstream's bytes.
    pub(crate) to_client: Option<DirectionConfig>,
    /// What to do with a connection that lacks an attribute of the payload. Default: `close`.
    #[serde(default)]
    pub(crate) on_missing: OnMissing,
    /// What to send if a peer closes before it has sent a byte. Default: `skip`.
    #[serde(default)]
    pub(crate) on_empty: OnEmpty,
}

/// What to send before the bytes of one direction.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Direction")]
#[serde(deny_unknown_fields, expecting = "a direction, such as {\"payload\": {\"text\": \"hello\"}}")]
pub(crate) struct DirectionConfig {
    /// The bytes to send, 4 KiB at most. Default: `prepend payload to downstream data`.
    pub(crate) payload: Option<PayloadConfig>,
    /// Whether to send the payload before every chunk that Envoy reads, not only before the first of a connection. Default:
    /// false.
    #[serde(default)]
    pub(crate) every_chunk: bool,
    /// With `every_chunk`: the number of chunks that get the payload, from the first on. All by default.
    pub(crate) most_chunks: Option<u64>,
}

/// What to do with a connection that lacks an attribute of the payload.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnMissing {
    /// Closes the connection.
    #[default]
    Close,
    /// Continues without the payload, or without the TLV.
    Skip,
}

/// What to send if a peer closes before it has sent a byte.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnEmpty {
    /// Sends nothing.
    #[default]
    Skip,
    /// Sends the payload.
    Send,
}

impl Config {
    /// Parses JSON.
    ///
    /// # Errors
    /// The text is not JSON of this shape.
    pub(crate) fn parse(configuration: &[u8]) -> Result<Self, ConfigError> {
        match configuration.trim_ascii() {
            b"" => Ok(Self::default()),
            _ => from_json(configuration),
        }
    }
}

#[cfg(test)]
mod tests;
