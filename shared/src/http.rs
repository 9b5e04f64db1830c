//! What an HTTP filter implements: [`HttpFilter`], and a trait for each phase it takes part in.
//!
//! The phases a filter implements and those it registers with [`http_filter!`](crate::http_filter)
//! must agree: registering one it does not implement does not compile, and one it does not register
//! is never called, in tests as little as in Envoy.

use crate::Filter;
use crate::flow::Flow;
use crate::headers::{RequestHeaders, ResponseHeaders};
use crate::sys::HostError;

/// A filter in an HTTP filter chain.
pub trait HttpFilter: Filter {
    /// What one stream (a request and its response) remembers between phases; `()` for nothing.
    type Stream: Default + 'static;
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
    ) -> Result<Flow, HostError>;
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
