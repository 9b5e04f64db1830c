//! Sizes of tables as JSON.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::table::{MAX_SLOTS, WAYS};

/// The buckets of a table, in whole sets.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u32", description = "")]
#[serde(try_from = "u32")]
pub struct Slots {
    /// The number of sets.
    pub sets: u32,
}

impl Default for Slots {
    fn default() -> Self {
        Self { sets: 1024 }
    }
}

impl TryFrom<u32> for Slots {
    type Error = Invalid;

    fn try_from(slots: u32) -> Result<Self, Invalid> {
        let ways = u32::try_from(WAYS).unwrap_or(u32::MAX);
        match slots {
            1..=MAX_SLOTS if slots.is_multiple_of(ways) => {
                Ok(Self { sets: slots.checked_div(ways).unwrap_or_default() })
            }
            _ => Err(Invalid::new(format_args!(
                "{slots} is not a number of slots: give a multiple of {ways}, up to {MAX_SLOTS}"
            ))),
        }
    }
}
