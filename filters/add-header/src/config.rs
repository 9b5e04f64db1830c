//! The configuration: JSON, or plain text that becomes the value of `hello`.

use proxy_filter::config::{ConfigError, from_json, without_byte_order_mark};
use proxy_filter::headers::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::protected;
use crate::rule::{Mode, Rule};
pub(crate) use rule::RuleConfig;

#[cfg(not(feature = "edit"))]
mod no_edit;
mod plain_text;
mod rule;

const HELLO: HeaderName = HeaderName::from_static("hello");
const WORLD: HeaderValue = HeaderValue::from_static("world!");

/// The most bytes of the configuration that `echo_config` shows.
const ECHO_LIMIT: usize = 4096;

/// The configuration as JSON.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(
    title = env!("CARGO_PKG_NAME"),
    description = concat!("Configuration of ", env!("CARGO_PKG_NAME"), ". `{}` adds `hello: world!` to responses."),
    extend("$id" = concat!("urn:proxy-wasm-filters:", env!("CARGO_PKG_NAME"), ":", env!("CARGO_PKG_VERSION")))
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Rules for the headers of requests, applied in order, before the upstream gets them.
    pub(crate) request: Option<Vec<RuleConfig>>,
    /// Rules for the trailers of requests that have trailers, applied in order.
    pub(crate) request_trailers: Option<Vec<RuleConfig>>,
    /// Rules for the headers of responses, applied in order, before the client gets them.
    pub(crate) response: Option<Vec<RuleConfig>>,
    /// Rules for the trailers of responses that have trailers, applied in order.
    pub(crate) response_trailers: Option<Vec<RuleConfig>>,
    /// Name of a response header that shows this configuration on one line, 4 KiB at most. None by default.
    #[schemars(example = &"x-config")]
    echo_config: Option<String>,
}

impl Config {
    /// Parses JSON or plain text.
    ///
    /// # Errors
    /// The text looks like configuration but is not JSON of this shape, or is not a header value.
    pub(crate) fn parse(configuration: &[u8]) -> Result<Self, ConfigError> {
        let text = without_byte_order_mark(configuration);
        if text.trim_ascii().is_empty() {
            return Ok(Self::hello(WORLD));
        }
        if !text.trim_ascii_start().starts_with(b"{") && !text.trim_ascii_start().starts_with(b"[") {
            return plain_text::value(configuration).map(Self::hello);
        }
        let config = from_json(configuration);
        #[cfg(not(feature = "edit"))]
        let config = config.map_err(no_edit::with_cure);
        let mut config: Self = config?;
        let phases = [&config.request, &config.request_trailers, &config.response, &config.response_trailers];
        match config.echo_config.take() {
            None if phases.iter().all(|phase| phase.is_none()) => return Ok(Self::hello(WORLD)),
            None => {}
            Some(name) => {
                let name = protected::writable(&name).map_err(|error| error.in_field("echo_config"))?;
                let rule = Rule::fixed(name, Mode::Set, echo(configuration));
                config.response.get_or_insert_default().push(RuleConfig(rule));
            }
        }
        Ok(config)
    }

    /// The configuration that adds `hello` to responses.
    fn hello(value: HeaderValue) -> Self {
        let rule = Rule::fixed(HELLO, Mode::Append, value);
        Self { response: Some(vec![RuleConfig(rule)]), ..Self::default() }
    }
}

/// Converts the configuration to a header value, truncated at a character boundary.
fn echo(configuration: &[u8]) -> HeaderValue {
    let shown = configuration.trim_ascii();
    let is_boundary = |end: &usize| shown.get(*end).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let end = (0..=ECHO_LIMIT.min(shown.len())).rev().find(is_boundary).unwrap_or_default();
    HeaderValue::with_spaces_for_controls(shown.get(..end).unwrap_or(shown))
}

#[cfg(test)]
mod tests;
