//! The configuration as JSON.

use limits::PrefixesConfig;
use proxy_filter::config::{ConfigError, OneOrMany, from_json};
use schemars::JsonSchema;
use serde::Deserialize;

use rule::RuleConfig;

pub(crate) mod key_part;
pub(crate) mod rule;

/// Configuration of rate-limit-tcp.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    title = "rate-limit-tcp",
    extend("$id" = concat!("urn:proxy-wasm-filters:", env!("CARGO_PKG_NAME"), ":", env!("CARGO_PKG_VERSION")))
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The limits. Every rule that applies must allow a connection; if one limits it, no rule is charged.
    pub(crate) rules: Vec<RuleConfig>,
    /// How many bits of an address identify a client. By default, a client is an IPv4 address or 64 bits of an IPv6 address.
    #[serde(default)]
    pub(crate) client_ip: PrefixesConfig,
    /// Networks, or addresses, whose connections are not counted. By default, all are counted.
    #[schemars(example = &"10.0.0.0/8")]
    pub(crate) exempt: Option<OneOrMany<String>>,
    /// Keeps the counts of plugins apart: those with the same namespace and the same rule share its counts. Default: the
    /// plugin's name.
    pub(crate) namespace: Option<String>,
}

impl Config {
    /// Parses JSON.
    ///
    /// # Errors
    /// There are no rules, or the text is not JSON of this shape.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        if matches!(bytes.trim_ascii(), b"" | b"{}") {
            return Err(no_rules());
        }
        let config: Self = from_json(bytes)?;
        match config.rules.is_empty() {
            true => Err(no_rules().in_field("rules")),
            false => Ok(config),
        }
    }
}

fn no_rules() -> ConfigError {
    ConfigError::new(
        r#"no limit: give `rules`, such as {"rules": [{"limit": 10, "period": "1s"}, {"concurrency": 100}]}"#,
    )
}

#[cfg(test)]
mod tests;
