//! The scheme of a URL.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Invalid;

/// `http` or `https`. Checks itself when a configuration is read.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct Scheme(String);

impl Scheme {
    /// Returns the scheme as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Scheme {
    type Error = Invalid;

    fn try_from(scheme: String) -> Result<Self, Invalid> {
        match scheme.as_str() {
            "http" | "https" => Ok(Self(scheme)),
            _ => Err(Invalid::new(format_args!("`{scheme}` is not `http` or `https`"))),
        }
    }
}
