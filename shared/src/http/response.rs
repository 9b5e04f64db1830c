//! The phases of a response, which can look and edit, not stop it.

use super::{HttpFilter, ResponseBody};
use crate::headers::{ResponseHeaders, ResponseTrailers};
use crate::sys::HostError;

/// The response's headers have arrived.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = u32; type Tag = (); }
/// impl OnResponseHeaders for Mine {
///     fn on_response_headers(&self, stream: &mut u32, response: &mut ResponseHeaders) -> Result<(), HostError> {
///         response.remove(&HeaderName::from_static("x-powered-by"))
///     }
/// }
/// proxy_filter::http_filter!(Mine: ResponseHeaders);
/// ```
pub trait OnResponseHeaders: HttpFilter {
    /// Called once per stream, for replies that Envoy or a filter makes itself as well, but only if
    /// the request reached this filter.
    ///
    /// # Errors
    /// An error of the host is logged; the response goes on as it then stands.
    fn on_response_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError>;
}

/// A part of the response's body has arrived.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = u32; type Tag = (); }
/// impl OnResponseBody for Mine {
///     fn on_response_body(&self, stream: &mut u32, body: &mut ResponseBody) -> Result<(), HostError> {
///         if body.end_of_stream() { body.append(b"-- me\n") } else { Ok(()) }
///     }
/// }
/// proxy_filter::http_filter!(Mine: ResponseBody);
/// ```
pub trait OnResponseBody: HttpFilter {
    /// Called for each part, or for all that came so far where earlier parts were
    /// [held](super::Body::collect).
    ///
    /// # Errors
    /// An error of the host is logged; the response goes on as it then stands.
    fn on_response_body(&self, stream: &mut Self::Stream, body: &mut ResponseBody) -> Result<(), HostError>;
}

/// The response's trailers have arrived.
pub trait OnResponseTrailers: HttpFilter {
    /// Called once per stream that has them.
    ///
    /// # Errors
    /// An error of the host is logged; the response goes on as it then stands.
    fn on_response_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError>;
}
