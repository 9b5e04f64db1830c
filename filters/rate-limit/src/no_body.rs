//! What this module lacks: costs in bodies, which the module rate-limit-body reads.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderPairs;

/// A number in the JSON of a body. There is none.
#[derive(Debug, Hash)]
pub(crate) enum JsonCost {}

impl JsonCost {
    pub(crate) fn new(_: &str, _: Option<u32>) -> Result<Self, ConfigError> {
        let wrong = "this module does not read bodies: use the module `rate-limit-body`, which takes the same configuration";
        Err(ConfigError::new(wrong).in_field("response_json"))
    }

    pub(crate) fn reader(&self, _: &HeaderPairs) -> Result<Reader, String> {
        match *self {}
    }
}

/// Reads the cost of one response.
#[derive(Debug)]
pub(crate) enum Reader {}

impl Reader {
    pub(crate) fn found(&mut self, _: &JsonCost) -> Option<u32> {
        match *self {}
    }
}
