//! The configuration as JSON.

use proxy_filter::config::{ConfigError, from_json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use original_path::OriginalPathHeader;
use rule::RuleConfig;

pub(crate) mod host;
pub(crate) mod original_path;
pub(crate) mod path;
pub(crate) mod redirect;
pub(crate) mod regex;
#[cfg(not(feature = "reverse"))]
#[path = "config/no_reverse.rs"]
pub(crate) mod reverse;
#[cfg(feature = "reverse")]
pub(crate) mod reverse;
pub(crate) mod rule;

/// The configuration as JSON.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    title = env!("CARGO_PKG_NAME"),
    description = concat!("Configuration of ", env!("CARGO_PKG_NAME"), "."),
    extend("$id" = concat!("urn:proxy-wasm-filters:", env!("CARGO_PKG_NAME"), ":", env!("CARGO_PKG_VERSION")))
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The rules, tried in order. The first that matches wins, unless it sets `continue`.
    pub(crate) rules: Vec<RuleConfig>,
    /// Name of a request header that tells the upstream the original target of a rewritten request. None by default.
    #[schemars(example = &"x-envoy-original-path")]
    pub(crate) original_path_header: Option<OriginalPathHeader>,
    /// Whether to tell the upstream, in `x-forwarded-prefix`, the prefix that rules stripped. Default: false.
    #[serde(default)]
    pub(crate) forwarded_prefix: bool,
    /// Whether to tell the upstream, in `x-forwarded-host`, the host that a rule replaced. Default: false.
    #[serde(default)]
    pub(crate) forwarded_host: bool,
    /// Whether to keep the request's query. Default: `keep`.
    #[serde(default)]
    pub(crate) query: Query,
    /// What to do with a request whose result is not safe to write, such as a path with `..`. Default: `pass`.
    #[serde(default)]
    pub(crate) on_unsafe: OnUnsafe,
}

/// Whether to keep the request's query.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Query {
    /// Keeps it, after the parameters of the replacement.
    #[default]
    Keep,
    /// Drops it.
    Drop,
}

/// What to do with a request whose result is not safe to write.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnUnsafe {
    /// Passes it on unchanged.
    #[default]
    Pass,
    /// Replies 400.
    Reject,
}

impl Config {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        if bytes.trim_ascii().is_empty() {
            return Err(no_rules());
        }
        from_json(bytes)
    }
}

pub(crate) fn no_rules() -> ConfigError {
    ConfigError::new(
        r#"nothing to rewrite: add a rule, such as {"rules": [{"prefix": "/old", "replace": "/new"}]}"#,
    )
}

#[cfg(test)]
mod tests;
