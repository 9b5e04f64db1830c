//! The headers of a call.

use crate::headers::{HeaderName, HeaderValue, serialize_pairs};
use crate::sys::HostError;

/// The headers of an HTTP call, or the metadata of a gRPC call.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata(pub(super) Vec<(Vec<u8>, Vec<u8>)>);

impl Metadata {
    pub(super) fn push(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.0.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    }

    /// Serializes the pairs for the host.
    ///
    /// # Errors
    /// [`HostError::BadArgument`] if a value contains control characters.
    pub(super) fn serialized(&self) -> Result<Vec<u8>, HostError> {
        if self.0.iter().any(|(_, value)| HeaderValue::new(value.as_slice()).is_err()) {
            return Err(HostError::BadArgument);
        }
        serialize_pairs(self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice())))
    }
}
