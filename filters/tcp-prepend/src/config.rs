//! The configuration.

use proxy_filter::config::{ConfigError, from_json};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::TcpPrepend;

/// What the tutorials of this field prepend.
const DEFAULT_TEXT: &str = "prepend payload to downstream data";

/// Bytes a payload has at most.
const PAYLOAD_LIMIT: usize = 4096;

/// Configuration of tcp-prepend.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What goes before what clients send.
    to_upstream: Option<Direction>,
}

/// What goes before the bytes of one direction.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a direction, such as {\"payload\": {\"text\": \"hello\"}}")]
struct Direction {
    /// The bytes.
    #[serde(default)]
    payload: Payload,
    /// Whether they go before every chunk, not only the connection's first.
    #[serde(default)]
    every_chunk: bool,
}

/// Bytes, 4 KiB at most.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a payload, such as {\"text\": \"hello\"}")]
struct Payload {
    /// As UTF-8.
    text: String,
}

impl Default for Payload {
    fn default() -> Self {
        Self { text: DEFAULT_TEXT.into() }
    }
}

pub(crate) fn compile(configuration: &[u8]) -> Result<TcpPrepend, ConfigError> {
    let config = match configuration.trim_ascii() {
        b"" => Config::default(),
        _ => from_json(configuration)?,
    };
    let Direction { payload, every_chunk } = config.to_upstream.unwrap_or_default();
    check_size(payload.text.len())
        .map_err(|error| error.in_field("text").in_field("payload").in_field("to_upstream"))?;
    Ok(TcpPrepend { payload: payload.text.into_bytes(), every_chunk })
}

fn check_size(size: usize) -> Result<(), ConfigError> {
    match size {
        0 => Err(ConfigError::new("empty: give the bytes to put before the stream, or remove the filter")),
        1..=PAYLOAD_LIMIT => Ok(()),
        _ => Err(ConfigError::new(format_args!("{size} bytes: a payload has at most {PAYLOAD_LIMIT}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_that_of_the_configuration() {
        proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn wrong_configurations_name_the_place_and_the_cure() {
        let long = format!(r#"{{"to_upstream": {{"payload": {{"text": "{}"}}}}}}"#, "x".repeat(4097));
        for (configuration, expected) in [
            ("hello", "expected a JSON object: the configuration does not begin with `{`"),
            (
                r#"{"to_upstream": {"payload": {"txt": "x"}}}"#,
                "to_upstream.payload.txt: unknown field `txt`, expected `text` at line 1 column 34",
            ),
            (
                r#"{"to_upstream": {"payload": {"text": ""}}}"#,
                "to_upstream.payload.text: empty: give the bytes to put before the stream, or remove the filter",
            ),
            (
                r#"{"upstream": {}}"#,
                "upstream: unknown field `upstream`, expected `to_upstream` at line 1 column 11",
            ),
            (&long, "to_upstream.payload.text: 4097 bytes: a payload has at most 4096"),
        ] {
            assert_eq!(
                compile(configuration.as_bytes()).unwrap_err().to_string(),
                expected,
                "{configuration}"
            );
        }
    }
}
