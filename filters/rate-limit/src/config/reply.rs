//! The reply to limited requests, and the choice of headers, as JSON.

use proxy_filter::config::{Entries, Invalid};
use proxy_filter::headers::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

/// The reply to limited requests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Reply")]
#[serde(deny_unknown_fields, expecting = "a reply, such as {\"status\": 429, \"body\": \"slow down\\n\"}")]
pub(crate) struct ReplyConfig {
    /// The status, 400 to 599. Default: 429.
    #[schemars(extend("minimum" = 400, "maximum" = 599, "default" = 429))]
    pub(crate) status: Option<ErrorStatus>,
    /// The body. Default: a sentence that says when to retry.
    #[schemars(example = &"slow down\n")]
    pub(crate) body: Option<String>,
    /// Headers of the reply: names and values. None by default.
    pub(crate) headers: Option<Entries<HeaderValue>>,
}

/// Headers that tell clients their limits.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(rename = "Header")]
pub(crate) enum HeaderConfig {
    /// `Retry-After`, on limited requests.
    #[serde(rename = "retry-after")]
    RetryAfter,
    /// `RateLimit` and `RateLimit-Policy`, on all responses.
    #[serde(rename = "ratelimit")]
    Ratelimit,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset`, on all responses.
    #[serde(rename = "x-ratelimit")]
    XRatelimit,
}

/// A status of 400 to 599.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u16", description = "")]
#[serde(try_from = "u16")]
pub(crate) struct ErrorStatus(pub(crate) u16);

impl TryFrom<u16> for ErrorStatus {
    type Error = Invalid;

    fn try_from(status: u16) -> Result<Self, Invalid> {
        match status {
            400..=599 => Ok(Self(status)),
            _ => Err(Invalid::new(format_args!("{status} is not an error status: use 400 to 599"))),
        }
    }
}
