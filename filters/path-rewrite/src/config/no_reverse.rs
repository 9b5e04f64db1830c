//! What `reverse` takes in the module that does not map responses back.

use proxy_filter::config::Invalid;
use serde::de::{Deserialize, Deserializer, Error};

use crate::inverse::Hosts;

/// The value of `reverse`, which must be false.
#[derive(Debug)]
pub(crate) struct ReverseConfig;

impl ReverseConfig {
    pub(crate) fn hosts(self) -> Option<Hosts> {
        None
    }
}

impl<'de> Deserialize<'de> for ReverseConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer) {
            Ok(false) => Ok(Self),
            _ => Err(D::Error::custom(Invalid::new(
                "this module does not see responses: use the module `path-rewrite-reverse`, which takes the same configuration",
            ))),
        }
    }
}
