//! Headers to add to a message.

use proxy_filter::headers::{HeaderName, HeaderValue};

pub(crate) type HeaderList = Vec<(HeaderName, HeaderValue)>;

/// Removes headers whose names are in `other`.
pub(crate) fn without(mut headers: HeaderList, other: &[(HeaderName, HeaderValue)]) -> HeaderList {
    headers.retain(|(name, _)| other.iter().all(|(other, _)| other != name));
    headers
}
