//! The configuration: JSON, or a plain text that becomes the value of `hello`.

use proxy_filter::config::{ConfigError, each, from_json, without_byte_order_mark};
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::matching::{Condition, ConditionConfig};
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::guard;
use crate::rule::{Edit, Rule, Value};

const HELLO: HeaderName = HeaderName::from_static("hello");
const WORLD: HeaderValue = HeaderValue::from_static("world!");

/// Bytes of the configuration that `echo_config` shows at most.
const ECHO_LIMIT: usize = 4096;

/// Configuration of add-header.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Rules for the request's headers, applied in order.
    request: Option<Vec<RuleConfig>>,
    /// Rules for the response's headers, applied in order.
    response: Option<Vec<RuleConfig>>,
    /// A response header that shows this configuration, on one line, 4 KiB at most.
    echo_config: Option<String>,
}

/// A change of one header.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    #[serde(default)]
    action: Action,
    /// Name of the header.
    name: String,
    /// Its value: text, `%REQ(name)%` for a request header, `%%` for a percent sign.
    value: Option<String>,
    /// What the request must be like for the rule to apply.
    when: Option<ConditionConfig>,
}

/// What a rule does with its header.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Adds a value beside those that are there.
    #[default]
    Append,
    /// Makes it the only value.
    Set,
    /// Adds it if the header is not there.
    SetIfAbsent,
    /// Makes it the only value if the header is there.
    Replace,
    /// Removes every value.
    Remove,
}

/// The rules for requests, and those for responses.
pub(crate) fn compile(configuration: &[u8]) -> Result<(Vec<Rule>, Vec<Rule>), ConfigError> {
    let text = without_byte_order_mark(configuration).trim_ascii_start();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return Ok((Vec::new(), vec![hello(configuration)?]));
    }
    let config: Config = from_json(configuration)?;
    if let Config { request: None, response: None, echo_config: None } = config {
        return Ok((Vec::new(), vec![Rule::append(HELLO, WORLD)]));
    }
    let rules = |rules: Option<Vec<_>>, field| {
        each(rules.unwrap_or_default(), rule).map_err(|error| error.in_field(field))
    };
    let request = rules(config.request, "request")?;
    let mut response = rules(config.response, "response")?;
    if let Some(name) = config.echo_config {
        let name = writable(&name).map_err(|error| error.in_field("echo_config"))?;
        response.push(Rule::set(name, echo(configuration)));
    }
    Ok((request, response))
}

fn hello(text: &[u8]) -> Result<Rule, ConfigError> {
    if text.trim_ascii().is_empty() {
        return Ok(Rule::append(HELLO, WORLD));
    }
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last.saturating_add(1));
    let value = HeaderValue::new(text.get(..end).unwrap_or_default()).map_err(|error| {
        ConfigError::new(format_args!(
            "a configuration that is not JSON becomes the header `hello`, but {error}"
        ))
    })?;
    Ok(Rule::append(HELLO, value))
}

fn echo(configuration: &[u8]) -> HeaderValue {
    let shown = configuration.trim_ascii();
    HeaderValue::with_spaces_for_controls(shown.get(..ECHO_LIMIT).unwrap_or(shown))
}

fn rule(config: RuleConfig) -> Result<Rule, ConfigError> {
    let when = config.when.map(Condition::compile).transpose().map_err(|error| error.in_field("when"))?;
    let name = writable(&config.name).map_err(|error| error.in_field("name"))?;
    let edit = edit(config.action, config.value).map_err(|error| error.in_field("value"))?;
    Ok(Rule { name, edit, when })
}

fn edit(action: Action, source: Option<String>) -> Result<Edit, ConfigError> {
    match (action, source) {
        (Action::Remove, None) => Ok(Edit::Remove),
        (Action::Remove, Some(_)) => Err(ConfigError::new("leave it out: `remove` needs no value")),
        (_, None) => Err(ConfigError::new("missing: give the header's value, \"\" for an empty one")),
        (Action::Append, Some(source)) => value(&source).map(Edit::Append),
        (Action::Set, Some(source)) => value(&source).map(Edit::Set),
        (Action::SetIfAbsent, Some(source)) => value(&source).map(Edit::SetIfAbsent),
        (Action::Replace, Some(source)) => value(&source).map(Edit::Replace),
    }
}

fn value(source: &str) -> Result<Value, ConfigError> {
    // Checked before it is parsed, so that a control character is found where the user wrote it.
    HeaderValue::new(source.as_bytes()).map_err(ConfigError::new)?;
    let template = Template::parse(source)?;
    match template.constant() {
        Some(text) => HeaderValue::new(text).map(Value::Fixed).map_err(ConfigError::new),
        None => Ok(Value::Template(template)),
    }
}

fn writable(name: &str) -> Result<HeaderName, ConfigError> {
    guard::writable(name).map_err(ConfigError::new)
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
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("[]", "expected a JSON object: the configuration does not begin with `{`"),
            (
                "two\nlines",
                "a configuration that is not JSON becomes the header `hello`, but byte 3 is the control character 0x0a: a header value has none but tab",
            ),
            (
                r#"{"respons": []}"#,
                "respons: unknown field `respons`, expected one of `request`, `response`, `echo_config` at line 1 column 10",
            ),
            (
                r#"{"response": [{"name": "x y", "value": ""}]}"#,
                "response[0].name: `x y` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
            ),
            (
                r#"{"response": [{"name": "a", "value": ""}, {"name": "b"}]}"#,
                "response[1].value: missing: give the header's value, \"\" for an empty one",
            ),
            (
                r#"{"request": [{"action": "remove", "name": "a", "value": ""}]}"#,
                "request[0].value: leave it out: `remove` needs no value",
            ),
            (
                r#"{"request": [{"name": ":path", "value": ""}]}"#,
                "request[0].name: `:path` is a pseudo-header, and changing one can break the request: use path-rewrite for the path",
            ),
            (
                r#"{"request": [{"name": "Host", "value": ""}]}"#,
                "request[0].name: `host` decides where the request goes: set it in Envoy's route (host_rewrite_literal)",
            ),
            (
                r#"{"response": [{"name": "a", "value": "x\r\ny"}]}"#,
                "response[0].value: byte 1 is the control character 0x0d: a header value has none but tab",
            ),
            (
                r#"{"response": [{"name": "a", "value": "50%"}]}"#,
                "response[0].value: `%` has no closing `%`; write `%%` for a percent sign",
            ),
            (
                r#"{"response": [{"name": "a", "value": "", "when": {"header": "b"}}]}"#,
                "response[0].when: give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
            ),
            (
                r#"{"echo_config": ""}"#,
                "echo_config: `` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
            ),
        ] {
            assert_eq!(
                compile(configuration.as_bytes()).unwrap_err().to_string(),
                expected,
                "{configuration}"
            );
        }
    }
}
