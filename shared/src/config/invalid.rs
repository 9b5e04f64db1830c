//! Errors of types that check themselves during deserialization.

use std::fmt;

use super::ConfigError;

/// Delimits the path and the message. No configuration can forge it: [`ConfigError`] escapes control characters.
const MARK: char = '\u{1}';

/// The error type for `#[serde(try_from = "...")]`.
///
/// A type that checks itself reports only what is wrong. [`from_json`](super::from_json) adds the path of the value in
/// front of the path of the error.
///
/// serde passes on only an error's text. `Display` therefore marks the path and the message, for use by `from_json`
/// only. To show an error to users, convert it to a [`ConfigError`].
///
/// ```
/// use proxy_filter::config::{ConfigError, Invalid, from_json};
///
/// /// An even number.
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(try_from = "u32")]
/// struct Even(u32);
///
/// impl TryFrom<u32> for Even {
///     type Error = Invalid;
///
///     fn try_from(number: u32) -> Result<Self, Invalid> {
///         if number % 2 == 0 { Ok(Self(number)) } else { Err(Invalid::new("odd: give an even number")) }
///     }
/// }
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Config {
///     pairs: Vec<Even>,
/// }
/// let error = from_json::<Config>(br#"{"pairs": [2, 3]}"#).unwrap_err();
/// assert_eq!(error.to_string(), "pairs[1]: odd: give an even number");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid(ConfigError);

impl Invalid {
    /// Creates an error about the whole value.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(ConfigError::new(message))
    }

    /// Parses an error that serde passed on as text, which may have a position after the marks.
    pub(super) fn parse(text: &str) -> Option<ConfigError> {
        let (path, rest) = text.strip_prefix(MARK)?.split_once(MARK)?;
        let (message, _) = rest.split_once(MARK)?;
        Some(ConfigError::from_parts(path, message))
    }
}

impl From<ConfigError> for Invalid {
    fn from(error: ConfigError) -> Self {
        Self(error)
    }
}

impl From<Invalid> for ConfigError {
    fn from(invalid: Invalid) -> Self {
        invalid.0
    }
}

impl fmt::Display for Invalid {
    #[inline(never)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, message) = self.0.parts();
        write!(f, "{MARK}{path}{MARK}{message}{MARK}")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::{OneOrMany, from_json};
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[allow(dead_code)]
        rules: OneOrMany<Rule>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "Fields")]
    struct Rule;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        name: Name,
        other: Option<Name>,
        inner: Option<Box<Rule>>,
    }

    impl TryFrom<Fields> for Rule {
        type Error = Invalid;

        fn try_from(fields: Fields) -> Result<Self, Invalid> {
            match fields.other {
                Some(other) if other == fields.name => {
                    Err(ConfigError::new("the same").in_item(1).in_field("other").into())
                }
                _ if fields.inner.is_some() && fields.name.0 == "flat" => Err(Invalid::new("too deep")),
                _ => Ok(Self),
            }
        }
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(try_from = "String")]
    struct Name(String);

    impl TryFrom<String> for Name {
        type Error = Invalid;

        fn try_from(name: String) -> Result<Self, Invalid> {
            match name.len() {
                0..=8 => Ok(Self(name)),
                _ => Err(Invalid::new(format_args!("`{name}` is too long"))),
            }
        }
    }

    #[test]
    fn paths_of_values_and_errors_are_joined() {
        for (json, expected) in [
            (r#"{"rules": {"name": "123456789"}}"#, "rules.name: `123456789` is too long"),
            (
                r#"{"rules": [{"name": "a"}, {"name": "123456789"}]}"#,
                "rules[1].name: `123456789` is too long",
            ),
            (r#"{"rules": [{"name": "a", "other": "a"}]}"#, "rules[0].other[1]: the same"),
            (r#"{"rules": {"name": "a", "other": "a"}}"#, "rules.other[1]: the same"),
            (
                r#"{"rules": {"name": "a", "inner": {"name": "b", "other": "b"}}}"#,
                "rules.inner.other[1]: the same",
            ),
            (r#"{"rules": [{"name": "flat", "inner": {"name": "b"}}]}"#, "rules[0]: too deep"),
        ] {
            let error = from_json::<Config>(json.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{json}");
        }
    }

    #[test]
    fn a_configuration_cannot_forge_a_path() {
        for (json, expected) in [
            (
                r#"{"rules": {"name": "\u0001a.b\u0001other message\u0001"}}"#,
                r"rules.name: `\u{1}a.b\u{1}other message\u{1}` is too long",
            ),
            (
                r#"{"rules": {"\u0001a\u0001b\u0001": 1}}"#,
                r"rules.\u{1}a\u{1}b\u{1}: unknown field `\u{1}a\u{1}b\u{1}`, expected one of",
            ),
            (
                r#"{"rules": "\u0001a\u0001b\u0001"}"#,
                r#"rules: invalid type: string "\u{1}a\u{1}b\u{1}", expected"#,
            ),
        ] {
            let error = from_json::<Config>(json.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
