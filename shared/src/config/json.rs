//! Reads JSON, and reports errors in JSON's terms.

use serde::de::DeserializeOwned;

use super::tree::Tree;
use super::{ConfigError, protobuf_hint, without_byte_order_mark};

/// Reads a JSON object into a type that derives `Deserialize`, usually with `deny_unknown_fields`.
///
/// ```
/// # use proxy_filter::config::*;
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Config {
///     limit: u32,
/// }
/// assert_eq!(from_json::<Config>(br#"{"limit": 3}"#)?.limit, 3);
/// let error = from_json::<Config>(br#"{"limits": 3}"#).unwrap_err();
/// assert!(error.to_string().starts_with("limits: unknown field `limits`"));
/// # Ok::<(), ConfigError>(())
/// ```
///
/// # Errors
/// Gives the path of the first value that does not fit `T`. If the text is not JSON, gives the line and column.
#[inline(never)]
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, ConfigError> {
    if without_byte_order_mark(json).len() < json.len() {
        return Err(ConfigError::new(
            "the configuration begins with a byte order mark: save it as UTF-8 without one",
        ));
    }
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(ConfigError::new(format_args!(
            "expected a JSON object: the configuration does not begin with `{{`{}",
            protobuf_hint(json)
        )));
    }
    value_from_json(json)
}

/// Reads any JSON value.
///
/// # Errors
/// As [`from_json`].
pub(crate) fn value_from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, ConfigError> {
    let tree: Tree = serde_json::from_slice(json).map_err(|error| malformed(&error, json))?;
    T::deserialize(&tree).map_err(ConfigError::from)
}

/// Describes text that is not JSON.
#[inline(never)]
fn malformed(error: &serde_json::Error, json: &[u8]) -> ConfigError {
    if is_comment(error, json) {
        let (line, column) = (error.line(), error.column());
        return ConfigError::new(format_args!(
            "not valid JSON, which has no comments: remove the one at line {line} column {column}"
        ));
    }
    let message = error.to_string();
    match message.strip_prefix("expected value ") {
        Some(place) => ConfigError::new(format_args!(
            "not valid JSON: expected a value (names must be in quotes) {place}"
        )),
        None => ConfigError::new(format_args!("not valid JSON: {message}")),
    }
}

/// Returns whether the parser stopped at a comment.
fn is_comment(error: &serde_json::Error, json: &[u8]) -> bool {
    let line = json.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1));
    let rest = line.and_then(|line| line.get(error.column().saturating_sub(1)..)).unwrap_or_default();
    [b"#".as_slice(), b"//", b"/*"].iter().any(|mark| rest.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rules {
        #[allow(dead_code)]
        rules: Vec<Rule>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        #[allow(dead_code)]
        limit: u32,
    }

    #[test]
    fn errors_name_the_place() {
        let cases = [
            (
                r#"{"rules": [{"limit": 1}, {"limit": -1}]}"#,
                "rules[1].limit: invalid value: integer `-1`, expected a whole number up to 4294967295",
            ),
            (
                r#"{"rules": [{"limits": 1}]}"#,
                "rules[0].limits: unknown field `limits` (did you mean `limit`?), expected `limit`",
            ),
            (r#"{"rules": 1}"#, "rules: invalid type: integer `1`, expected a list, in brackets"),
            (r#"{"rules": [7, true]}"#, "rules[0]: invalid type: integer `7`, expected an object, in braces"),
            (
                r#"{"rules": }"#,
                "not valid JSON: expected a value (names must be in quotes) at line 1 column 11",
            ),
            (
                r#"{"rules": [{"limit": 1e3}]}"#,
                "rules[0].limit: invalid type: a number with a fraction or an exponent, expected a whole number up to",
            ),
            (
                r#"{"rules": [{"limit": 18446744073709551616}]}"#,
                "rules[0].limit: invalid type: a number that is too large, expected a whole number up to 4294967295",
            ),
            (
                r#"{"rules": [{"limit": "1"}]}"#,
                "rules[0].limit: invalid type: string \"1\", expected a whole number up to 4294967295, without quotes",
            ),
            (
                r#"{"rules": [{"limit": ", expected u64 at line 1"}]}"#,
                "rules[0].limit: invalid type: string \", expected u64 at line 1\", expected a whole number up to",
            ),
            (
                r#"{"rules": [{"limt": 1}]}"#,
                "rules[0].limt: unknown field `limt` (did you mean `limit`?), expected",
            ),
            (
                "{\"rules\": [\n  // note\n]}",
                "not valid JSON, which has no comments: remove the one at line 2 column 3",
            ),
            ("{ # note\n}", "not valid JSON, which has no comments: remove the one at line 1 column 3"),
            (
                "{\"rules\": [] /* note */}",
                "not valid JSON, which has no comments: remove the one at line 1 column 14",
            ),
            (
                r#"{"rules": []} // note"#,
                "not valid JSON, which has no comments: remove the one at line 1 column 15",
            ),
            (r#"{"rules": []} x"#, "not valid JSON: trailing characters"),
            (r#"{"rules": "#, "not valid JSON: EOF while parsing a value"),
            ("\u{feff}{}", "the configuration begins with a byte order mark"),
            ("[]", "expected a JSON object"),
            ("", "expected a JSON object"),
        ];
        for (json, expected) in cases {
            let message = from_json::<Rules>(json.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{json}: {message}");
        }
        assert!(from_json::<Rules>(b"{\"rules\": [\xff]}").is_err());
    }

    #[test]
    fn error_messages_have_bounded_length() {
        let long = "x\\n".repeat(5_000_000);
        for json in [
            format!(r#"{{"{long}": 1}}"#),
            format!(r#"{{"rules": "{long}"}}"#),
            format!(r#"{{"rules": [{{"{long}": 1}}]}}"#),
            format!(r#"{{"rules": [{{"limit": "{long}"}}]}}"#),
            long,
        ] {
            let message = from_json::<Rules>(json.as_bytes()).unwrap_err().to_string();
            assert!(message.len() < 2000 && !message.contains('\n'), "{} bytes", message.len());
        }
    }
}
