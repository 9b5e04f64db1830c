//! The header that tells the upstream the original path.

use proxy_filter::config::Invalid;
use proxy_filter::headers::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;

/// Names that other software reads or writes.
const TAKEN: [&str; 17] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "origin",
    "range",
    "referer",
    "user-agent",
    "via",
    "x-request-id",
];

/// The name of a header that has no other meaning.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "HeaderName")]
pub(crate) struct OriginalPathHeader(pub(crate) HeaderName);

impl TryFrom<HeaderName> for OriginalPathHeader {
    type Error = Invalid;

    fn try_from(name: HeaderName) -> Result<Self, Invalid> {
        let is_taken = TAKEN.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-");
        match is_taken || name.is_framing() || name.is_hop_by_hop() {
            true => Err(Invalid::new(format_args!(
                "`{name}` has another meaning: choose a name of your own, such as `x-envoy-original-path`"
            ))),
            false => Ok(Self(name)),
        }
    }
}
