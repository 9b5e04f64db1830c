//! The configuration as JSON. Each type validates itself when it is parsed.

use proxy_filter::config::{ConfigError, from_json};
use proxy_filter::headers::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;

/// Configuration of my-filter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Name of the service's cluster in Envoy.
    pub(crate) cluster: String,
    /// Host for the service, sent as `:authority`.
    pub(crate) authority: String,
    /// Path for the service.
    pub(crate) path: String,
    /// Response header of the service that the request gets.
    pub(crate) header: HeaderName,
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
