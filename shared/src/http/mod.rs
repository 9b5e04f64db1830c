//! What an HTTP filter implements: [`HttpFilter`], and a trait for each phase it takes part in.
//!
//! The phases a filter implements and those it registers with [`http_filter!`](crate::http_filter)
//! must agree: registering one it does not implement does not compile, and one it does not register
//! is never called, in tests as little as in Envoy.

mod body;

pub(crate) use body::Collecting;
pub use body::{Body, Collected, Kind, RequestBody, ResponseBody};

use crate::Filter;
use crate::callout::Answer;
use crate::flow::Flow;
use crate::headers::{RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
use crate::sys::HostError;

/// A filter in an HTTP filter chain.
pub trait HttpFilter: Filter {
    /// What one stream (a request and its response) remembers between phases; `()` for nothing.
    type Stream: Default + 'static;

    /// What a call to another service is remembered by until its answer comes; `()` for a filter
    /// that makes none, or only one kind.
    type Tag: 'static;
}

/// The request's headers have arrived.
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
pub trait OnRequestBody: HttpFilter {
    /// Called for each part, or for all that came so far where earlier parts were
    /// [held](Body::collect).
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

/// The response's headers have arrived.
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
pub trait OnResponseBody: HttpFilter {
    /// Called for each part, or for all that came so far where earlier parts were
    /// [held](Body::collect).
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

/// The stream is over: answered, reset or abandoned.
pub trait OnStreamEnd: HttpFilter {
    /// Called once per stream; attributes such as `response.code` have their final values.
    fn on_stream_end(&self, stream: &mut Self::Stream);
}

/// A call that a phase returned as its [`Flow`] has been answered.
pub trait OnAnswer: HttpFilter {
    /// Decides how the waiting request goes on. Not called for a stream that has ended: its call is
    /// cancelled then.
    ///
    /// # Errors
    /// An error of the host ends the request with a 500 reply and a line in the log.
    fn on_answer(
        &self,
        stream: &mut Self::Stream,
        tag: Self::Tag,
        answer: Answer,
        request: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError>;
}
