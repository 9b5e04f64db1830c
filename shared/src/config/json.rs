//! Reads JSON, and reports errors in JSON's terms.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use super::spelling::with_guess;
use super::{ConfigError, Invalid, protobuf_hint, without_byte_order_mark};

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
/// Gives the path of the first value that does not fit `T`. Types that check themselves report [`Invalid`]; all other
/// errors also give the line and column.
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
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| placed(error.path(), refusal(error.inner(), json)))?;
    deserializer.end().map_err(|error| refusal(&error, json))?;
    Ok(value)
}

fn placed(path: &Path, error: ConfigError) -> ConfigError {
    path.iter().rev().fold(error, |error, segment| match segment {
        Segment::Seq { index } => error.in_item(*index),
        Segment::Map { key: name } | Segment::Enum { variant: name } => error.in_field(name),
        // serde failed before it read the name.
        Segment::Unknown => error,
    })
}

fn refusal(error: &serde_json::Error, json: &[u8]) -> ConfigError {
    let message = error.to_string();
    Invalid::parse(&message).unwrap_or_else(|| ConfigError::new(in_words_of_json(error, message, json)))
}

/// Rewrites serde's message in JSON's terms: serde calls objects maps and lists sequences.
fn in_words_of_json(error: &serde_json::Error, message: String, json: &[u8]) -> String {
    match error.classify() {
        Category::Data => in_words(with_guess(message)),
        Category::Syntax if is_comment(error, json) => {
            let (line, column) = (error.line(), error.column());
            format!("not valid JSON, which has no comments: remove the one at line {line} column {column}")
        }
        // serde_json reports this for invalid JSON, and for a number or `true` where an enum's name is expected.
        Category::Syntax if message.starts_with("expected value ") => {
            message.replacen("expected value", "expected a value (names must be in quotes)", 1)
        }
        Category::Syntax | Category::Eof | Category::Io => format!("not valid JSON: {message}"),
    }
}

/// Rewrites serde's terms. Only the text after the last `, expected ` is serde's own: the text before it may quote the
/// configuration.
fn in_words(message: String) -> String {
    const FOUND: [(&str, &str); 3] = [
        ("invalid type: map", "invalid type: object"),
        ("invalid type: sequence", "invalid type: list"),
        ("invalid type: unit variant", "invalid type: a name alone"),
    ];
    const EXPECTED: [(&str, &str); 4] = [
        ("a sequence", "a list, in brackets"),
        ("a map", "an object, in braces"),
        ("a string", "a string, in quotes"),
        ("newtype variant", "`{\"name\": ...}`"),
    ];
    const UNQUOTED: [(&str, &str); 4] = [
        ("u64", "a whole number that is not negative"),
        ("u32", "a whole number up to 4294967295"),
        ("u16", "a whole number up to 65535"),
        ("a boolean", "`true` or `false`"),
    ];
    let Some((found, expected)) = message.rsplit_once(", expected ") else { return message };
    let renamed = |text: &str, words: &[(&str, &str)], cure| {
        let renamed = words.iter().find_map(|(from, to)| Some((text.strip_prefix(from)?, to)));
        let renamed = renamed.filter(|(rest, _)| rest.is_empty() || rest.starts_with(' '));
        renamed.map(|(rest, to)| format!("{to}{cure}{rest}"))
    };
    let cure = if found.starts_with("invalid type: string ") { ", without quotes" } else { "" };
    let expected = renamed(expected, &UNQUOTED, cure)
        .or_else(|| renamed(expected, &EXPECTED, ""))
        .unwrap_or(expected.into());
    let found = renamed(found, &FOUND, "").unwrap_or(found.into());
    format!("{found}, expected {expected}")
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
                "rules[1].limit: invalid value: integer `-1`, expected a whole number up to 4294967295 at",
            ),
            (
                r#"{"rules": [{"limits": 1}]}"#,
                "rules[0].limits: unknown field `limits` (did you mean `limit`?), expected `limit`",
            ),
            (r#"{"rules": 1}"#, "rules: invalid type: integer `1`, expected a list, in brackets"),
            (r#"{"rules": [7, true, }"#, "rules[0]: invalid type: integer `7`, expected struct Rule"),
            (r#"{"rules": }"#, "rules: expected a value (names must be in quotes) at line 1"),
            (
                r#"{"rules": [{"limit": "1"}]}"#,
                "rules[0].limit: invalid type: string \"1\", expected a whole number up to 4294967295, without quotes at line 1",
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
                "rules[0]: not valid JSON, which has no comments: remove the one at line 2",
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
            (r#"{"rules": "#, "rules: not valid JSON: EOF while parsing a value"),
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
