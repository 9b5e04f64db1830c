//! Numbers of tokens as JSON.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

/// A number of tokens in a bucket.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u64", description = "")]
#[serde(try_from = "u64")]
pub(crate) struct Tokens(pub(crate) u64);

impl TryFrom<u64> for Tokens {
    type Error = Invalid;

    fn try_from(tokens: u64) -> Result<Self, Invalid> {
        match tokens {
            0 => Err(Invalid::new("0 would refuse every request: give a number above 0")),
            tokens => Ok(Self(tokens)),
        }
    }
}
