//! The phases of a request, and of the responses to its calls.

use super::{HttpFilter, RequestBody};
use crate::callout::CallResponse;
use crate::flow::Flow;
use crate::headers::{RequestHeaders, RequestTrailers};
use crate::sys::HostError;

/// The request's headers have arrived, and the filter may await calls to other services before it decides.
///
/// Register it as `Request`, in place of `RequestHeaders`.
///
/// For a request with one call, this takes 1.2 times the instructions that [`OnRequestHeaders`] and [`OnCallResponse`] take,
/// and as many hostcalls, as the test `a_call_that_is_awaited_and_one_that_is_returned` of this crate checks.
///
/// Hazard: only a response to a [`Call`](crate::callout::Call) or a message of a [`GrpcStream`](crate::callout::GrpcStream)
/// wakes the filter. If it awaits something else, such as [`std::future::pending`], the layer logs an error and replies 500
/// as soon as no call is outstanding.
pub trait OnRequest: HttpFilter {
    /// Called once per stream, before anything reaches the upstream. While the filter awaits a call, the request waits:
    /// its body and trailers follow when this returns. Headers can be read and edited throughout.
    ///
    /// If the stream ends first, or another filter replies, the layer drops the future, which cancels its calls. Later
    /// phases, [`OnStreamEnd`](super::OnStreamEnd) among them, see `stream` as the future left it.
    ///
    /// # Errors
    /// On an error of the host, the layer replies 500 and logs the error.
    #[expect(async_fn_in_trait, reason = "a VM has one thread, so no caller needs the future to be `Send`")]
    async fn on_request(
        &self,
        stream: &mut Self::Stream,
        request: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError>;
}

/// The request's headers have arrived.
pub trait OnRequestHeaders: HttpFilter {
    /// Called once per stream, before anything reaches the upstream.
    ///
    /// # Errors
    /// On an error of the host, the layer replies 500 and logs the error.
    fn on_request_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError>;
}

/// A part of the request's body has arrived.
pub trait OnRequestBody: HttpFilter {
    /// Called for each part. If the filter [collects](super::Body::collect) the body, a part includes
    /// everything collected so far.
    ///
    /// # Errors
    /// On an error of the host, the layer replies 500 and logs the error.
    fn on_request_body(
        &self,
        stream: &mut Self::Stream,
        body: &mut RequestBody,
    ) -> Result<Flow<Self::Tag>, HostError>;
}

/// The request's trailers have arrived.
pub trait OnRequestTrailers: HttpFilter {
    /// Called once for each stream that has trailers.
    ///
    /// # Errors
    /// The layer logs the host's error and passes the trailers on with the edits made so far.
    fn on_request_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError>;
}

/// A call that an earlier phase returned as [`Flow::Call`] got its response, or failed.
pub trait OnCallResponse: HttpFilter {
    /// Decides what to do with the waiting request. `request` is `Some` if the call was made in the request's
    /// header phase; after that phase, the headers have been passed on. If the stream ends first, the layer
    /// cancels the call and does not call this method.
    ///
    /// # Errors
    /// On an error of the host, the layer replies 500 and logs the error.
    fn on_call_response(
        &self,
        stream: &mut Self::Stream,
        tag: Self::Tag,
        response: CallResponse,
        request: Option<&mut RequestHeaders>,
    ) -> Result<Flow<Self::Tag>, HostError>;
}
