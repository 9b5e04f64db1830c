//! The configuration as JSON. Each type validates itself when it is parsed.

use proxy_filter::config::{ConfigError, from_json};
use proxy_filter::headers::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

/// Configuration of my-filter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Name of the header.
    pub(crate) name: HeaderName,
    /// Value of the header.
    pub(crate) value: HeaderValue,
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
