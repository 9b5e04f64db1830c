//! Regular expressions over the bytes of a path.

use proxy_filter::config::Invalid;
use regex_replace::{Regex, compile};
use schemars::JsonSchema;
use serde::Deserialize;

/// A regular expression over the bytes of a path, compiled within limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) struct PathRegex(pub(crate) Regex);

impl TryFrom<String> for PathRegex {
    type Error = Invalid;

    fn try_from(source: String) -> Result<Self, Invalid> {
        compile(&source).map(Self)
    }
}
