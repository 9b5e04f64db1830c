//! The values that a header has.

use proxy_filter::HostError;
use proxy_filter::headers::{AnyHeaders, HeaderName, HeaderValue};

/// The values that a header had when a rule began, and those that the rule has added.
#[derive(Debug)]
pub(crate) struct Present(Vec<Vec<u8>>);

// Neither is inlined: most rules take every value, and go through `Write::apply` faster without this code.
impl Present {
    #[inline(never)]
    pub(crate) fn read(headers: &AnyHeaders<'_>, name: &HeaderName) -> Result<Box<Self>, HostError> {
        let pairs = headers.pairs()?;
        Ok(Box::new(Self(pairs.values(name).map(<[u8]>::to_vec).collect())))
    }

    /// Adds a value. Returns whether it is new.
    #[inline(never)]
    pub(crate) fn insert(&mut self, value: &HeaderValue) -> bool {
        let is_new = self.0.iter().all(|present| present != value.as_bytes());
        if is_new {
            self.0.push(value.as_bytes().to_vec());
        }
        is_new
    }
}
