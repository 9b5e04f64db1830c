//! The error of a configuration that is refused.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::sys::HostError;

/// The maximum number of bytes of a field name that an error shows.
pub(super) const NAME_LIMIT: usize = 100;

/// Paths over this many bytes lose their middle.
const PATH_LIMIT: usize = 400;

/// Messages over this many bytes lose their middle. Lists of valid names are shorter.
const MESSAGE_LIMIT: usize = 1000;

/// Why a configuration is refused, and where the mistake is.
///
/// The error becomes one line in a log. Control characters are escaped, so that no value can forge another
/// line. A message over 1000 bytes loses its middle: it begins with the mistake and ends with the fix.
///
/// ```
/// use proxy_filter::config::ConfigError;
///
/// let error = ConfigError::new("`x y` is not a header name").in_field("name").in_item(0).in_field("response");
/// assert_eq!(error.to_string(), "response[0].name: `x y` is not a header name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(Box<Parts>);

/// In a box, since most code only passes an error on, and moving one pointer takes less code than moving two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    path: String,
    message: String,
}

impl ConfigError {
    /// Creates an error about the whole configuration. Callers add the path with [`in_field`](Self::in_field)
    /// and [`in_item`](Self::in_item), from the inside out.
    pub fn new(message: impl fmt::Display) -> Self {
        Self::of(&message.to_string())
    }

    /// Not inlined: `new` has many callers.
    #[inline(never)]
    fn of(message: &str) -> Self {
        Self(Box::new(Parts { path: String::new(), message: bounded(message, MESSAGE_LIMIT, 300, 250) }))
    }

    /// Places the error in this field. Shows at most 100 bytes of the field's name.
    #[must_use]
    #[inline(never)]
    pub fn in_field(mut self, field: &str) -> Self {
        let path = &mut self.0.path;
        let separator = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        let field = bounded(field, NAME_LIMIT, NAME_LIMIT, 0);
        *path = format!("{field}{separator}{path}");
        self
    }

    /// Places the error in this item of a list. Items are counted from 0.
    #[must_use]
    #[inline(never)]
    pub fn in_item(self, index: usize) -> Self {
        self.in_field(&format!("[{index}]"))
    }

    pub(super) fn parts(&self) -> (&str, &str) {
        (&self.0.path, &self.0.message)
    }

    /// Creates an error from the parts of another error, which are already bounded.
    pub(super) fn from_parts(path: &str, message: &str) -> Self {
        Self(Box::new(Parts { path: path.to_owned(), message: message.to_owned() }))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { path, message } = &*self.0;
        match path.as_str() {
            "" => f.write_str(message),
            path if path.len() > PATH_LIMIT => write!(f, "{}: {message}", shortened(path, 200, 150)),
            path => write!(f, "{path}: {message}"),
        }
    }
}

impl From<HostError> for ConfigError {
    fn from(error: HostError) -> Self {
        Self::new(format_args!("the host failed during configuration: {error}"))
    }
}

/// Keeps the first and the last bytes of a text, cut at character boundaries.
#[inline(never)]
fn shortened(text: &str, first: usize, last: usize) -> String {
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=first).rev().find(is_boundary).and_then(|end| text.get(..end)).unwrap_or_default();
    let mut from_end = text.len().saturating_sub(last)..=text.len();
    let tail = from_end.find(is_boundary).and_then(|start| text.get(start..)).unwrap_or_default();
    let separator = if tail.is_empty() { "" } else { " " };
    format!("{head} ... ({} bytes) ...{separator}{tail}", text.len())
}

/// Puts the text on one line of bounded length. Shortens it before escaping, and again if escapes make the
/// line too long.
#[inline(never)]
fn bounded(text: &str, limit: usize, first: usize, last: usize) -> String {
    let short = match text.len() <= limit {
        true => Cow::Borrowed(text),
        false => Cow::Owned(shortened(text, first, last)),
    };
    let line = on_one_line(&short);
    if line.len() > short.len().max(limit) { shortened(&line, first, last) } else { line }
}

/// Escapes control characters and line separators.
#[inline(never)]
pub(crate) fn on_one_line(text: &str) -> String {
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
    fn paths_are_of_bounded_length() {
        let deep = (0..128).fold(ConfigError::new("wrong"), |error, _| error.in_field("abcdefghij"));
        let shown = deep.to_string();
        assert!(shown.len() < 400 && shown.starts_with("abcdefghij.abc"), "{shown}");
        assert!(shown.contains(" ... (1407 bytes) ... ") && shown.ends_with(".abcdefghij: wrong"), "{shown}");
    }
}
