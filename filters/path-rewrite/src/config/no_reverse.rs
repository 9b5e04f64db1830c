//! Refuses `reverse`, in the module that does not map responses back.

use proxy_filter::config::Invalid;
use serde::de::{Deserialize, Deserializer, Error};

use crate::inverse::Hosts;

/// The value of `reverse`, which is always refused.
#[derive(Debug)]
pub(crate) enum ReverseConfig {}

impl ReverseConfig {
    pub(crate) fn hosts(self) -> Option<Hosts> {
        match self {}
    }
}

impl<'de> Deserialize<'de> for ReverseConfig {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(Invalid::new(
            "this module does not see responses: use the module `path-rewrite-reverse`, which takes the same configuration",
        )))
    }
}
