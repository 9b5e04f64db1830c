//! The phases of HTTP that a filter registered.

use super::PluginEntry;
use crate::callout::CallResponse;
use crate::flow::Flow;
use crate::headers::{RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
use crate::http::{HttpFilter, RequestBody, ResponseBody};
use crate::sys::HostError;

/// The HTTP phases a filter registered; [`http_filter!`](crate::http_filter) implements it. A phase
/// that is not registered does nothing.
#[allow(unused_variables, clippy::missing_errors_doc, reason = "the phases' traits document both")]
pub trait HttpEntry: HttpFilter + PluginEntry {
    /// Whether the request's header phase is registered.
    const HAS_REQUEST_HEADERS: bool = false;
    /// Whether responses to calls are.
    const HAS_CALL_RESPONSE: bool = false;

    /// See [`OnRequestHeaders`](crate::http::OnRequestHeaders).
    fn request_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError> {
        Ok(Flow::Continue)
    }
    /// See [`OnRequestBody`](crate::http::OnRequestBody).
    fn request_body(
        &self,
        stream: &mut Self::Stream,
        body: &mut RequestBody,
    ) -> Result<Flow<Self::Tag>, HostError> {
        Ok(Flow::Continue)
    }
    /// See [`OnRequestTrailers`](crate::http::OnRequestTrailers).
    fn request_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseHeaders`](crate::http::OnResponseHeaders).
    fn response_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseBody`](crate::http::OnResponseBody).
    fn response_body(&self, stream: &mut Self::Stream, body: &mut ResponseBody) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseTrailers`](crate::http::OnResponseTrailers).
    fn response_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnStreamEnd`](crate::http::OnStreamEnd).
    fn stream_end(&self, stream: &mut Self::Stream) {}
    /// See [`OnCallResponse`](crate::http::OnCallResponse).
    fn answer(
        &self,
        stream: &mut Self::Stream,
        tag: Self::Tag,
        answer: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<Self::Tag>, HostError> {
        Ok(Flow::Continue)
    }
}
