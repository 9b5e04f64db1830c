//! The phases of a request, and the answers that it waits for.

use super::{HttpFilter, RequestBody};
use crate::callout::CallResponse;
use crate::flow::Flow;
use crate::headers::{RequestHeaders, RequestTrailers};
use crate::sys::HostError;

/// The request's headers have arrived.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = u32; type Tag = (); }
/// impl OnRequestHeaders for Mine {
///     fn on_request_headers(&self, stream: &mut u32, request: &mut RequestHeaders) -> Result<Flow, HostError> {
///         let is_admin = request.path()?.is_some_and(|path| path.starts_with(b"/admin"));
///         Ok(if is_admin { Flow::Reply(Reply::new(404)) } else { Flow::Continue })
///     }
/// }
/// proxy_filter::http_filter!(Mine: RequestHeaders);
/// ```
pub trait OnRequestHeaders: HttpFilter {
    /// Called once per stream, before anything reaches the upstream.
    ///
    /// # Errors
    /// An error of the host ends the request with a 500 reply and a line in the log.
    fn on_request_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError>;
}

/// A part of the request's body has arrived.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = u32; type Tag = (); }
/// impl OnRequestBody for Mine {
///     fn on_request_body(&self, stream: &mut u32, body: &mut RequestBody) -> Result<Flow, HostError> {
///         *stream = stream.saturating_add(1);
///         Ok(Flow::Continue)
///     }
/// }
/// proxy_filter::http_filter!(Mine: RequestBody);
/// ```
pub trait OnRequestBody: HttpFilter {
    /// Called for each part, or for all that came so far where earlier parts were
    /// [held](super::Body::collect).
    ///
    /// # Errors
    /// An error of the host ends the request with a 500 reply and a line in the log.
    fn on_request_body(
        &self,
        stream: &mut Self::Stream,
        body: &mut RequestBody,
    ) -> Result<Flow<Self::Tag>, HostError>;
}

/// The request's trailers have arrived.
pub trait OnRequestTrailers: HttpFilter {
    /// Called once per stream that has them.
    ///
    /// # Errors
    /// An error of the host is logged; the request goes on as it then stands.
    fn on_request_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError>;
}

/// A call that a phase returned as its [`Flow`] has been answered.
///
/// ```
/// # use proxy_filter::callout::{CallResponse, Call};
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = (); }
/// impl OnRequestHeaders for Mine {
///     fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> {
///         Ok(Flow::Call(Call::http("auth", "auth.example", "GET", "/"), ()))
///     }
/// }
/// impl OnCallResponse for Mine {
///     fn on_call_response(
///         &self,
///         _: &mut (),
///         _: (),
///         answer: CallResponse,
///         _: Option<&mut RequestHeaders>,
///     ) -> Result<Flow, HostError> {
///         Ok(match answer {
///             CallResponse::Http(headers, _) if headers.status() == Some(200) => Flow::Continue,
///             _ => Flow::Reply(Reply::new(403)),
///         })
///     }
/// }
/// proxy_filter::http_filter!(Mine: RequestHeaders, CallResponse);
/// ```
pub trait OnCallResponse: HttpFilter {
    /// Decides how the waiting request goes on. Not called for a stream that has ended: its call is
    /// cancelled then. The request's headers are there if the call was made in their phase: they are
    /// gone once they went on.
    ///
    /// # Errors
    /// An error of the host ends the request with a 500 reply and a line in the log.
    fn on_call_response(
        &self,
        stream: &mut Self::Stream,
        tag: Self::Tag,
        answer: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<Self::Tag>, HostError>;
}
