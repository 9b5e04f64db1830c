//! The configuration.

use proxy_filter::config::{ConfigError, each, from_json};
use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::replacement::Replacement;
use crate::rewrite::Rule;
use crate::safety;

/// Bytes a compiled regex has at most. Matching takes linear time whatever its size.
const REGEX_SIZE_LIMIT: usize = 256 * 1024;

/// Configuration of path-rewrite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Tried in order; the first that matches wins.
    rules: Vec<RuleConfig>,
}

/// A rewrite of the path, which has either `regex` or `prefix`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a rule, such as {\"prefix\": \"/old\", \"replace\": \"/new\"}")]
struct RuleConfig {
    /// Each of its matches is replaced.
    regex: Option<String>,
    /// Replaced where the path begins with these segments.
    prefix: Option<String>,
    /// What takes its place; after a regex `$1` and `${name}` are its groups.
    replace: String,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<Vec<Rule>, ConfigError> {
    if configuration.trim_ascii().is_empty() {
        return Err(nothing());
    }
    let config: Config = from_json(configuration)?;
    if config.rules.is_empty() {
        return Err(nothing().in_field("rules"));
    }
    each(config.rules, rule).map_err(|error| error.in_field("rules"))
}

fn nothing() -> ConfigError {
    ConfigError::new(
        r#"there is nothing to rewrite: give a rule, such as {"rules": [{"prefix": "/old", "replace": "/new"}]}"#,
    )
}

fn rule(config: RuleConfig) -> Result<Rule, ConfigError> {
    match (config.regex, config.prefix) {
        (Some(source), None) => {
            let regex = regex(&source).map_err(|error| error.in_field("regex"))?;
            let replacement =
                Replacement::parse(&config.replace, &regex).map_err(|error| error.in_field("replace"))?;
            Ok(Rule::Regex { regex, replacement })
        }
        (None, Some(prefix)) => Ok(Rule::Prefix {
            prefix: segments(&prefix).map_err(|error| error.in_field("prefix"))?,
            replacement: safe_segments(&config.replace).map_err(|error| error.in_field("replace"))?,
        }),
        _ => Err(ConfigError::new("give one of `regex` and `prefix`")),
    }
}

fn regex(source: &str) -> Result<Regex, ConfigError> {
    RegexBuilder::new(source).unicode(false).size_limit(REGEX_SIZE_LIMIT).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => ConfigError::new(format_args!(
            "compiles to more than {REGEX_SIZE_LIMIT} bytes: use smaller counts in `{{n,m}}`, or split the rule"
        )),
        other => ConfigError::new(other),
    })
}

/// A path prefix without its trailing slash, so that it ends where a segment does.
fn segments(path: &str) -> Result<Vec<u8>, ConfigError> {
    if !path.starts_with('/') {
        return Err(ConfigError::new(format_args!("`{path}` does not begin with a slash")));
    }
    if let Some(character) = path.chars().find(|c| c.is_ascii_control() || " ?#".contains(*c)) {
        return Err(ConfigError::new(format_args!("{character:?} cannot stand in a path prefix")));
    }
    Ok(path.trim_end_matches('/').into())
}

/// Segments that can stand at the beginning of a new path.
fn safe_segments(path: &str) -> Result<Vec<u8>, ConfigError> {
    let segments = segments(path)?;
    let example = [segments.as_slice(), b"/"].concat();
    safety::check(b"/", &example)
        .map_err(|reason| ConfigError::new(format_args!("`{path}` is never written: {reason}")))?;
    Ok(segments)
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
            ("", "there is nothing to rewrite: give a rule, such as"),
            (r#"{"rules": []}"#, "rules: there is nothing to rewrite: give a rule, such as"),
            ("{}", "missing field `rules`"),
            ("text", "expected a JSON object"),
            (
                r#"{"rules": [{"regex": "a(", "replace": ""}]}"#,
                "rules[0].regex: regex parse error:\n    a(\n     ^\nerror: unclosed group",
            ),
            (
                r#"{"rules": [{"regex": "a{1000}{1000}", "replace": ""}]}"#,
                "rules[0].regex: compiles to more than 262144 bytes",
            ),
            (
                r#"{"rules": [{"regex": "(a)", "replace": "$2"}]}"#,
                "rules[0].replace: no group `2` in the regex: there is ${0} to ${1}",
            ),
            (
                r#"{"rules": [{"regex": "a", "prefix": "/a", "replace": ""}]}"#,
                "rules[0]: give one of `regex` and `prefix`",
            ),
            (r#"{"rules": [{"replace": ""}]}"#, "rules[0]: give one of `regex` and `prefix`"),
            (r#"{"rules": [{"regex": "a"}]}"#, "rules[0]: missing field `replace`"),
            (
                r#"{"rules": [{"prefix": "a", "replace": "/b"}]}"#,
                "rules[0].prefix: `a` does not begin with a slash",
            ),
            (
                r#"{"rules": [{"prefix": "/a", "replace": "/b c"}]}"#,
                "rules[0].replace: ' ' cannot stand in a path prefix",
            ),
        ] {
            let message = compile(configuration.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{configuration}\n{message}");
        }
    }
}
