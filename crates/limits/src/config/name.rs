//! Names of rules as JSON.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

/// A name that fits into headers, between quotes, and into the names of metrics.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct RuleName(pub String);

impl TryFrom<String> for RuleName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match !name.is_empty() && name.bytes().all(is_allowed) {
            true => Ok(Self(name)),
            false => Err(Invalid::new(format_args!(
                "`{name}` is not a name: use letters, digits, `-`, `_` and `.`"
            ))),
        }
    }
}
