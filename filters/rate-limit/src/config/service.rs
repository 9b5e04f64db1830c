//! The rate limit service as JSON.

use limits::Duration;
use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A service that speaks Envoy's Rate Limit Service v3.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Global")]
#[serde(
    deny_unknown_fields,
    expecting = "a rate limit service, such as {\"cluster\": \"ratelimit\", \"domain\": \"edge\"}"
)]
pub(crate) struct ServiceConfig {
    /// The name of the service's cluster in Envoy, which must use HTTP/2.
    #[schemars(example = &"ratelimit")]
    pub(crate) cluster: Name,
    /// The domain (envoyproxy/ratelimit) or namespace (Limitador) of the service's limits.
    #[schemars(example = &"edge")]
    pub(crate) domain: Name,
    /// How long a call may take: a duration in whole milliseconds. Default: `20ms`.
    #[schemars(extend("default" = "20ms"))]
    pub(crate) timeout: Option<Duration>,
    /// What to do with requests if the service fails. Default: `local`.
    #[serde(default)]
    pub(crate) on_error: OnError,
}

/// What to do with requests if the service fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnError {
    /// Allows them, unless a local rule limits them: the same as `local`.
    Allow,
    /// Denies them.
    Deny,
    /// Leaves them to the local rules.
    #[default]
    Local,
}

/// A name that is not empty.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) struct Name(pub(crate) String);

impl TryFrom<String> for Name {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        match name.is_empty() {
            true => Err(Invalid::new("empty: give a name")),
            false => Ok(Self(name)),
        }
    }
}
