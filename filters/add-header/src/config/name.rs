//! Names of headers that rules may write.

use proxy_filter::config::Invalid;
use proxy_filter::headers::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::protected;

/// A header name that a rule may write.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(super) struct WritableName(pub(super) HeaderName);

impl TryFrom<String> for WritableName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        protected::writable(&name).map(Self).map_err(Invalid::new)
    }
}
