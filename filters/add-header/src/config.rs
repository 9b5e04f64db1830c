//! The configuration: JSON, or a plain text that becomes the value of `hello`.

use proxy_filter::config::{ConfigError, each, from_json, protobuf_hint, without_byte_order_mark};
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::inputs::check_before_response;
use proxy_filter::matching::Condition;
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::rule::{Edit, Mode, Rule, Rules, Value, Write};
use crate::{AddHeader, guard};
use other::is_configuration;

mod other;

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
    /// Rules for the request's trailers, where it has any.
    request_trailers: Option<Vec<RuleConfig>>,
    /// Rules for the response's headers, applied in order.
    response: Option<Vec<RuleConfig>>,
    /// Rules for the response's trailers, where it has any.
    response_trailers: Option<Vec<RuleConfig>>,
    /// A response header that shows this configuration, on one line, 4 KiB at most.
    echo_config: Option<String>,
}

/// A change of one header.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"name\": \"x-env\", \"value\": \"prod\"}")]
struct RuleConfig {
    #[serde(default)]
    action: Action,
    /// Name of the header.
    name: Option<String>,
    /// In the place of `name`: removes every header whose name begins like this.
    prefix: Option<String>,
    /// The new name, for `rename`.
    to: Option<String>,
    /// The value: text with commands such as `%REQ(name)%`, and `%%` for a percent sign.
    value: Option<String>,
    /// In the place of `value`: several values, one header each.
    values: Option<Vec<String>>,
    /// What takes the place of a command without a value; without it such a value is left out.
    default: Option<String>,
    /// What the request, or the response, must be like for the rule to apply.
    when: Option<Condition>,
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
    /// Moves every value to another header.
    Rename,
}

/// Whose headers rules are about.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Request,
    Response,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<AddHeader, ConfigError> {
    let text = without_byte_order_mark(configuration).trim_ascii_start();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return Ok(filter([Rules::default(), Rules::default(), hello(configuration)?, Rules::default()]));
    }
    let config: Config = from_json(configuration)?;
    let Config { request, request_trailers, response, response_trailers, echo_config } = config;
    let phases = [&request, &request_trailers, &response, &response_trailers];
    if echo_config.is_none() && phases.iter().all(|phase| phase.is_none()) {
        return compile(b"");
    }
    let rules = |configs: Option<Vec<_>>, side, field| {
        let rules = each(configs.unwrap_or_default(), |config| rule(config, side));
        rules.map(Rules).map_err(|error| error.in_field(field))
    };
    let request = rules(request, Side::Request, "request")?;
    let request_trailers = rules(request_trailers, Side::Request, "request_trailers")?;
    let mut response = rules(response, Side::Response, "response")?;
    let response_trailers = rules(response_trailers, Side::Response, "response_trailers")?;
    if let Some(name) = echo_config {
        let name = writable(&name, "echo_config")?;
        response.0.push(Rule::fixed(name, Mode::Set, echo(configuration)));
    }
    Ok(filter([request, request_trailers, response, response_trailers]))
}

fn filter([request, request_trailers, response, response_trailers]: [Rules; 4]) -> AddHeader {
    let mut later_needs = request_trailers.inputs();
    later_needs.merge(&response.inputs());
    later_needs.merge(&response_trailers.inputs());
    let mut needs = request.inputs();
    needs.merge(&later_needs);
    AddHeader { request, request_trailers, response, response_trailers, needs, later_needs }
}

fn hello(configuration: &[u8]) -> Result<Rules, ConfigError> {
    let text = without_byte_order_mark(configuration);
    if text.trim_ascii().is_empty() {
        return Ok(Rules(vec![Rule::fixed(HELLO, Mode::Append, WORLD)]));
    }
    let hint = protobuf_hint(configuration);
    if is_configuration(text) || !hint.is_empty() {
        return Err(ConfigError::new(format_args!(
            "a text would become the header `hello`, but this looks like configuration of another kind: write it as \
             JSON, or as YAML in place with google.protobuf.Struct{hint}"
        )));
    }
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last.saturating_add(1));
    let value = HeaderValue::new(text.get(..end).unwrap_or_default()).map_err(|error| {
        ConfigError::new(format_args!(
            "a configuration that is not JSON becomes the header `hello`, but {error}"
        ))
    })?;
    Ok(Rules(vec![Rule::fixed(HELLO, Mode::Append, value)]))
}

/// What is cut off ends where a character does.
fn echo(configuration: &[u8]) -> HeaderValue {
    let shown = configuration.trim_ascii();
    let is_boundary = |end: &usize| shown.get(*end).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let end = (0..=ECHO_LIMIT.min(shown.len())).rev().find(is_boundary).unwrap_or_default();
    HeaderValue::with_spaces_for_controls(shown.get(..end).unwrap_or(shown))
}

fn rule(mut config: RuleConfig, side: Side) -> Result<Rule, ConfigError> {
    let when = config.when.take();
    if let Some(when) = when.as_ref().filter(|_| side == Side::Request) {
        check_before_response(when).map_err(|error| error.in_field("when"))?;
    }
    let edit = match config.action {
        Action::Append => write(config, Mode::Append, side).map(Edit::Write)?,
        Action::Set => write(config, Mode::Set, side).map(Edit::Write)?,
        Action::SetIfAbsent => write(config, Mode::SetIfAbsent, side).map(Edit::Write)?,
        Action::Replace => write(config, Mode::Replace, side).map(Edit::Write)?,
        Action::Remove => remove(config)?,
        Action::Rename => rename(config)?,
    };
    Ok(Rule { edit, when })
}

fn write(config: RuleConfig, mode: Mode, side: Side) -> Result<Write, ConfigError> {
    unwanted(config.prefix.is_some(), "prefix", "only `remove` has a prefix")?;
    unwanted(config.to.is_some(), "to", "only `rename` has another name")?;
    let name = named(config.name)?;
    let values = match (config.value, config.values) {
        (Some(source), None) => vec![value(&source, side).map_err(|error| error.in_field("value"))?],
        (None, Some(sources)) if !sources.is_empty() => {
            each(sources, |source| value(&source, side)).map_err(|error| error.in_field("values"))?
        }
        (None, Some(_)) => return Err(ConfigError::new("give at least one value").in_field("values")),
        (Some(_), Some(_)) => return Err(ConfigError::new("give one of `value` and `values`")),
        (None, None) => {
            let missing = "missing: give the header's value, \"\" for an empty one";
            return Err(ConfigError::new(missing).in_field("value"));
        }
    };
    let default = config.default.map(|text| HeaderValue::new(text.as_bytes()).map(|_| text.into_bytes()));
    let default = default.transpose().map_err(|error| ConfigError::new(error).in_field("default"))?;
    if default.is_some() && values.iter().all(|value| matches!(value, Value::Fixed(_))) {
        let useless = "leave it out: no value has a command that it could stand in for";
        return Err(ConfigError::new(useless).in_field("default"));
    }
    Ok(Write { name, mode, values, default })
}

fn remove(config: RuleConfig) -> Result<Edit, ConfigError> {
    no_value(&config, "remove")?;
    unwanted(config.to.is_some(), "to", "only `rename` has another name")?;
    match (config.name, config.prefix) {
        (Some(name), None) => removable(&name).map(Edit::Remove),
        (None, Some(prefix)) => {
            let prefix =
                HeaderName::new(&prefix).map_err(|error| ConfigError::new(error).in_field("prefix"))?;
            Ok(Edit::RemovePrefix(prefix.as_str().to_owned()))
        }
        _ => Err(ConfigError::new("give one of `name` and `prefix`")),
    }
}

fn rename(config: RuleConfig) -> Result<Edit, ConfigError> {
    no_value(&config, "rename")?;
    unwanted(config.prefix.is_some(), "prefix", "only `remove` has a prefix")?;
    let from = removable(&config.name.ok_or_else(nameless)?)?;
    let to =
        config.to.ok_or_else(|| ConfigError::new("missing: give the header's new name").in_field("to"))?;
    let to = writable(&to, "to")?;
    if from == to {
        return Err(ConfigError::new(format_args!("`{to}` is the old name already")).in_field("to"));
    }
    Ok(Edit::Rename { from, to })
}

fn no_value(config: &RuleConfig, action: &str) -> Result<(), ConfigError> {
    for (given, field) in [
        (config.value.is_some(), "value"),
        (config.values.is_some(), "values"),
        (config.default.is_some(), "default"),
    ] {
        unwanted(given, field, &format!("`{action}` needs no value"))?;
    }
    Ok(())
}

fn unwanted(given: bool, field: &str, reason: &str) -> Result<(), ConfigError> {
    match given {
        true => Err(ConfigError::new(format_args!("leave it out: {reason}")).in_field(field)),
        false => Ok(()),
    }
}

fn named(name: Option<String>) -> Result<HeaderName, ConfigError> {
    writable(&name.ok_or_else(nameless)?, "name")
}

fn nameless() -> ConfigError {
    ConfigError::new("missing: give the header's name").in_field("name")
}

fn removable(name: &str) -> Result<HeaderName, ConfigError> {
    guard::removable(name).map_err(|error| ConfigError::new(error).in_field("name"))
}

fn writable(name: &str, field: &str) -> Result<HeaderName, ConfigError> {
    guard::writable(name).map_err(|error| ConfigError::new(error).in_field(field))
}

fn value(source: &str, side: Side) -> Result<Value, ConfigError> {
    let template = Template::parse(source)?;
    if side == Side::Request {
        check_before_response(&template)?;
    }
    match template.constant() {
        Some(text) => HeaderValue::new(text).map(Value::Fixed).map_err(ConfigError::new),
        None => Ok(Value::Template(template)),
    }
}

#[cfg(test)]
mod tests;
