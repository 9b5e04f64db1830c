//! The configuration as JSON. Each type validates itself when it is parsed.

use std::num::NonZeroU32;

use proxy_filter::config::{ConfigError, from_json};
use schemars::JsonSchema;
use serde::Deserialize;

/// Configuration of my-filter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The largest number of bytes of a client's first line, without its line feed.
    pub(crate) longest: NonZeroU32,
}

impl Config {
    /// Parses JSON.
    ///
    /// # Errors
    /// The text is not JSON of this shape.
    pub(crate) fn parse(configuration: &[u8]) -> Result<Self, ConfigError> {
        from_json(configuration)
    }
}

#[cfg(test)]
mod tests;
