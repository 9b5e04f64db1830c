//! The period of the short form.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

/// A year.
const LIMIT: u64 = 366 * 86400;

/// Seconds, at least one.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u64", description = "")]
#[serde(try_from = "u64")]
pub(crate) struct Seconds(pub(crate) u64);

impl TryFrom<u64> for Seconds {
    type Error = Invalid;

    fn try_from(seconds: u64) -> Result<Self, Invalid> {
        match seconds {
            1..=LIMIT => Ok(Self(seconds)),
            _ => Err(Invalid::new(format_args!("{seconds} is out of range: give 1 to {LIMIT} seconds"))),
        }
    }
}
