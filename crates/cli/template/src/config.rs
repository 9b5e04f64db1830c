//! The configuration.

use proxy_filter::config::{ConfigError, from_json};
use proxy_filter::headers::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::MyFilter;

/// Configuration of my-filter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Name of the header.
    name: String,
    /// Its value.
    value: String,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<MyFilter, ConfigError> {
    let config: Config = from_json(configuration)?;
    let name = HeaderName::new(&config.name).map_err(|error| ConfigError::new(error).in_field("name"))?;
    let value = HeaderValue::new(config.value).map_err(|error| ConfigError::new(error).in_field("value"))?;
    Ok(MyFilter { name, value })
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
        for (configuration, expected) in [
            ("", "expected a JSON object: the configuration does not begin with `{`"),
            (r#"{"name": "x-a"}"#, "missing field `value` at line 1 column 15"),
            (
                r#"{"name": "x a", "value": ""}"#,
                "name: `x a` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
            ),
            (
                r#"{"name": "x-a", "value": "\n"}"#,
                "value: byte 0 is the control character 0x0a: a header value allows only tab",
            ),
        ] {
            let error = compile(configuration.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{configuration}");
        }
    }
}
