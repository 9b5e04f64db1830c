//! Raw configuration to typed, with the path of what is wrong.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::sys::HostError;

/// Why a configuration is refused, and where in it.
///
/// ```
/// use proxy_filter::config::ConfigError;
///
/// let error = ConfigError::new("`x y` is not a header name").in_field("name").in_item(0).in_field("response");
/// assert_eq!(error.to_string(), "response[0].name: `x y` is not a header name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    path: String,
    message: String,
}

impl ConfigError {
    /// An error about the configuration as a whole, until a caller says where it stands.
    ///
    /// ```
    /// # use proxy_filter::config::*;
    /// assert_eq!(ConfigError::new("there is nothing to do").to_string(), "there is nothing to do");
    /// ```
    pub fn new(message: impl fmt::Display) -> Self {
        Self { path: String::new(), message: message.to_string() }
    }

    /// The error, placed in this field.
    ///
    /// ```
    /// # use proxy_filter::config::*;
    /// let error = ConfigError::new("not a number").in_field("limit");
    /// assert_eq!(error.to_string(), "limit: not a number");
    /// ```
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{field}{separator}{}", self.path);
        self
    }

    /// The error, placed in this item of a list.
    ///
    /// ```
    /// # use proxy_filter::config::*;
    /// let error = ConfigError::new("not a number").in_item(2).in_field("limits");
    /// assert_eq!(error.to_string(), "limits[2]: not a number");
    /// ```
    #[must_use]
    pub fn in_item(self, index: usize) -> Self {
        self.in_field(&format!("[{index}]"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl From<HostError> for ConfigError {
    fn from(error: HostError) -> Self {
        Self::new(format_args!("the host failed while the filter was configured: {error}"))
    }
}

/// Parses a JSON object, for shapes that `serde` derives with `deny_unknown_fields`.
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
/// The path and position of the first thing that is not as `T` says.
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
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| ConfigError {
        // `.` is the whole, `?` what was not read far enough to have a name.
        path: error.path().to_string().trim_end_matches(['.', '?']).into(),
        message: in_words_of_json(&error.into_inner()),
    })?;
    deserializer.end().map_err(|error| ConfigError::new(in_words_of_json(&error)))?;
    Ok(value)
}

/// serde has names of its own for what people who write JSON call objects and lists.
fn in_words_of_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match error.classify() {
        Category::Data => message
            .replacen("invalid type: map", "invalid type: object", 1)
            .replacen("invalid type: sequence", "invalid type: list", 1)
            .replacen("expected a sequence", "expected a list, in brackets", 1)
            .replacen("unit variant, expected newtype variant", "a name alone, expected `{\"name\": ...}`", 1)
            .replacen("expected a map", "expected an object, in braces", 1)
            .replacen("expected a string", "expected a text, in quotes", 1)
            .replacen("expected u64", "expected a whole number that is not negative", 1)
            .replacen("expected u32", "expected a whole number up to 4294967295", 1)
            .replacen("expected u16", "expected a whole number up to 65535", 1),
        // What serde_json says both of what is no JSON and of a number or `true` in place of one of several words.
        Category::Syntax if message.starts_with("expected value ") => message.replacen(
            "expected value",
            "expected a value, in quotes where it is one of several words,",
            1,
        ),
        Category::Syntax | Category::Eof | Category::Io => format!("not valid JSON: {message}"),
    }
}

/// What to add to a complaint about a configuration that looks like protobuf: Envoy hands on what is not
/// a `StringValue` as it is serialized, and the first byte of such a message is mostly this.
///
/// ```
/// # use proxy_filter::config::protobuf_hint;
/// assert_eq!(protobuf_hint(b"{}"), "");
/// assert!(protobuf_hint(b"\x0a\x0f\x0a\x04name").contains("google.protobuf.StringValue"));
/// ```
pub fn protobuf_hint(configuration: &[u8]) -> &'static str {
    match configuration {
        // A message's first field, with its length: no text begins like this.
        [b'\n', 0..=8 | 11..=12 | 14..=31 | 127.., ..] => {
            "; it looks like protobuf: give Envoy the configuration as a google.protobuf.StringValue"
        }
        _ => "",
    }
}

/// The text behind the mark that some editors put at the beginning of UTF-8 files.
///
/// ```
/// # use proxy_filter::config::*;
/// assert_eq!(without_byte_order_mark(b"\xef\xbb\xbf{}"), b"{}");
/// ```
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Compiles each item of a list; an error names the item.
///
/// ```
/// # use proxy_filter::config::*;
/// let even = |number: u32| if number % 2 == 0 { Ok(number) } else { Err(ConfigError::new("odd")) };
/// assert_eq!(each([2, 4], even)?, [2, 4]);
/// assert_eq!(each([2, 3], even).unwrap_err().to_string(), "[1]: odd");
/// # Ok::<(), ConfigError>(())
/// ```
///
/// # Errors
/// The first error of `compile`.
pub fn each<T, U>(
    items: impl IntoIterator<Item = T>,
    mut compile: impl FnMut(T) -> Result<U, ConfigError>,
) -> Result<Vec<U>, ConfigError> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| compile(item).map_err(|error| error.in_item(index)))
        .collect()
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
            (r#"{"rules": [{"limits": 1}]}"#, "rules[0].limits: unknown field `limits`, expected `limit`"),
            (r#"{"rules": 1}"#, "rules: invalid type: integer `1`, expected a list, in brackets"),
            (r#"{"rules": [7, true, }"#, "rules[0]: invalid type: integer `7`, expected struct Rule"),
            (
                r#"{"rules": }"#,
                "rules: expected a value, in quotes where it is one of several words, at line 1",
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
}
