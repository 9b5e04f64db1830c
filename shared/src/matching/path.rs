//! Tests of the request's path.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::TextTest;
use crate::config::{ConfigError, Invalid};
use crate::target::resolve;

/// A pattern for `path.regex`.
///
/// The layer has no regular expressions, because they add half a megabyte to a module. A filter that supports them
/// reads `Condition<P>`, where `P` is its own type, which compiles the pattern during deserialization.
pub trait PathPattern {
    /// Returns whether a path without its query matches; `None` if that is unknown.
    fn matches(&self, path: &[u8]) -> Option<bool>;
}

/// Refuses every pattern. For filters without regular expressions.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub enum NoPattern {}

impl TryFrom<String> for NoPattern {
    type Error = Invalid;

    fn try_from(_: String) -> Result<Self, Invalid> {
        Err(Invalid::new(
            "this filter does not support regular expressions: use `prefix`, `suffix` or `contains`, or the path-rewrite filter",
        ))
    }
}

impl PathPattern for NoPattern {
    fn matches(&self, _: &[u8]) -> Option<bool> {
        match *self {}
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(
    rename = "PathTest",
    with = "PathFields<P>",
    description = "A test of the path: one of `exact`, `prefix`, `suffix`, `contains` and `regex`."
)]
#[serde(try_from = "PathFields<P>", bound(deserialize = "P: Deserialize<'de>"))]
pub(super) enum PathTest<P> {
    Text(TextTest),
    Pattern(P),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a test of the path, such as {\"prefix\": \"/api\"}")]
struct PathFields<P> {
    /// The path equals this.
    exact: Option<String>,
    /// The path begins with these whole segments.
    prefix: Option<String>,
    /// The path ends with this.
    suffix: Option<String>,
    /// The path contains this.
    contains: Option<String>,
    /// In path-rewrite only: this regular expression matches a part of the path.
    regex: Option<P>,
}

impl<P> TryFrom<PathFields<P>> for PathTest<P> {
    type Error = Invalid;

    fn try_from(fields: PathFields<P>) -> Result<Self, Invalid> {
        let test = TextTest::only([fields.exact, fields.prefix, fields.suffix, fields.contains]);
        match (test, fields.regex) {
            (Ok(Some(test)), None) => Ok(Self::Text(possible(test)?)),
            (Ok(None), Some(pattern)) => Ok(Self::Pattern(pattern)),
            _ => Err(Invalid::new("give exactly one of `exact`, `prefix`, `suffix`, `contains`, `regex`")),
        }
    }
}

/// Refuses a test that no path can pass.
fn possible(test: TextTest) -> Result<TextTest, ConfigError> {
    let field = match test {
        TextTest::Exact(_) => Some("exact"),
        TextTest::Prefix(_) => Some("prefix"),
        TextTest::Suffix(_) | TextTest::Contains(_) => None,
    };
    if let Some(field) = field.filter(|_| !test.text().starts_with(b"/")) {
        let text = String::from_utf8_lossy(test.text());
        let wrong = format!("`{text}` does not begin with a slash, as every path does");
        return Err(ConfigError::new(wrong).in_field(field));
    }
    match test.text().contains(&b'?') {
        true => Err(ConfigError::new("the path is tested without its query: remove `?` and what follows")),
        false => Ok(test),
    }
}

impl<P: PathPattern> PathTest<P> {
    /// Tests a path without its query; `None` if servers may resolve it differently.
    pub(super) fn holds(&self, path: &[u8]) -> Option<bool> {
        let path = resolve(path)?;
        match self {
            Self::Text(test) => Some(test.holds_for_path(&path)),
            Self::Pattern(pattern) => pattern.matches(&path),
        }
    }
}
