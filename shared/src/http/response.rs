//! The phases of a response, which can read and edit it but not stop it, and the end of the stream.

use super::{HttpFilter, ResponseBody};
use crate::headers::{ResponseHeaders, ResponseTrailers};
use crate::sys::HostError;

/// The response's headers have arrived.
pub trait OnResponseHeaders: HttpFilter {
    /// Called once per stream if the request reached this filter. This includes replies by Envoy or a filter.
    ///
    /// # Errors
    /// The layer logs the host's error and passes the headers on with the edits made so far.
    fn on_response_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError>;
}

/// A part of the response's body has arrived.
pub trait OnResponseBody: HttpFilter {
    /// Called for each part. If the filter [collects](super::Body::collect) the body, a part includes
    /// everything collected so far.
    ///
    /// # Errors
    /// The layer logs the host's error and passes the part on with the edits made so far.
    fn on_response_body(&self, stream: &mut Self::Stream, body: &mut ResponseBody) -> Result<(), HostError>;
}

/// The response's trailers have arrived.
pub trait OnResponseTrailers: HttpFilter {
    /// Called once for each stream that has trailers.
    ///
    /// # Errors
    /// The layer logs the host's error and passes the trailers on with the edits made so far.
    fn on_response_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError>;
}

/// The stream ended: it completed, was reset, or the client left.
pub trait OnStreamEnd: HttpFilter {
    /// Called once per stream. Attributes such as `response.code` have their final values.
    fn on_stream_end(&self, stream: &mut Self::Stream);
}
