//! What is said of a configuration that is refused.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::sys::HostError;

/// Bytes of a field's name that are shown at most.
pub(super) const NAME_LIMIT: usize = 100;

/// Bytes of a place from which on its middle is left out.
const PLACE_LIMIT: usize = 400;

/// Bytes of a message from which on its middle is left out. Lists of what there is are shorter.
const MESSAGE_LIMIT: usize = 1000;

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
    /// It becomes one line of a log. Control characters are escaped, so that no value forges another line, and
    /// of a message over 1000 bytes the middle is left out: what is wrong stands at its beginning, the cure at
    /// its end.
    ///
    /// ```
    /// # use proxy_filter::config::*;
    /// assert_eq!(ConfigError::new("there is nothing to do").to_string(), "there is nothing to do");
    /// ```
    pub fn new(message: impl fmt::Display) -> Self {
        Self::of(&message.to_string())
    }

    /// Not inlined, as many call `new`.
    #[inline(never)]
    fn of(message: &str) -> Self {
        Self { path: String::new(), message: bounded(message, MESSAGE_LIMIT, 300, 250) }
    }

    /// The error, placed in this field, of whose name 100 bytes are shown.
    ///
    /// ```
    /// # use proxy_filter::config::*;
    /// let error = ConfigError::new("not a number").in_field("limit");
    /// assert_eq!(error.to_string(), "limit: not a number");
    /// ```
    #[must_use]
    #[inline(never)]
    pub fn in_field(mut self, field: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        let field = bounded(field, NAME_LIMIT, NAME_LIMIT, 0);
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
            path if path.len() > PLACE_LIMIT => write!(f, "{}: {}", shortened(path, 200, 150), self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl From<HostError> for ConfigError {
    fn from(error: HostError) -> Self {
        Self::new(format_args!("the host failed while the filter was configured: {error}"))
    }
}

/// The first and the last bytes of a text, cut where characters end.
#[inline(never)]
fn shortened(text: &str, first: usize, last: usize) -> String {
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=first).rev().find(is_boundary).and_then(|end| text.get(..end)).unwrap_or_default();
    let mut from_end = text.len().saturating_sub(last)..=text.len();
    let tail = from_end.find(is_boundary).and_then(|start| text.get(start..)).unwrap_or_default();
    let separator = if tail.is_empty() { "" } else { " " };
    format!("{head} ... ({} bytes) ...{separator}{tail}", text.len())
}

/// On one line, and short: before it is escaped, and again if that made it long.
#[inline(never)]
fn bounded(text: &str, limit: usize, first: usize, last: usize) -> String {
    let short = match text.len() <= limit {
        true => Cow::Borrowed(text),
        false => Cow::Owned(shortened(text, first, last)),
    };
    let line = on_one_line(&short);
    if line.len() > short.len().max(limit) { shortened(&line, first, last) } else { line }
}

/// With control characters, and what else ends a line, escaped.
#[inline(never)]
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            // Writing to a string cannot fail.
            true => _ = write!(line, "{}", character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_of_bounded_length() {
        let long = "é".repeat(5_000_000);
        for (message, expected) in [
            ("a\r\n\u{1b}[0m\u{2028}\u{85}b".to_owned(), "a\\r\\n\\u{1b}[0m\\u{2028}\\u{85}b".to_owned()),
            ("é\\n \u{1f980}".to_owned(), "é\\n \u{1f980}".to_owned()),
            ("x".repeat(1000), "x".repeat(1000)),
            (
                "\u{1}".repeat(900),
                format!("{} ... (4500 bytes) ... {}", "\\u{1}".repeat(60), "\\u{1}".repeat(50)),
            ),
            (
                format!("{long}: do this"),
                format!("{} ... (10000009 bytes) ... {}: do this", "é".repeat(150), "é".repeat(120)),
            ),
        ] {
            assert_eq!(ConfigError::new(message).to_string(), expected);
        }
        let named = ConfigError::new("wrong").in_item(3).in_field(&long).in_field("a\nb").to_string();
        let shown = format!("a\\nb.{} ... (10000000 bytes) ...[3]: wrong", "é".repeat(50));
        assert_eq!(named, shown);
    }

    #[test]
    fn places_are_of_bounded_length() {
        let deep = (0..128).fold(ConfigError::new("wrong"), |error, _| error.in_field("abcdefghij"));
        let shown = deep.to_string();
        assert!(shown.len() < 400 && shown.starts_with("abcdefghij.abc"), "{shown}");
        assert!(shown.contains(" ... (1407 bytes) ... ") && shown.ends_with(".abcdefghij: wrong"), "{shown}");
    }
}
