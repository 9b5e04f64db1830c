//! What an HTTP filter implements: [`HttpFilter`], and a trait for each phase it takes part in.
//!
//! The phases a filter implements and those it registers with [`http_filter!`](crate::http_filter)
//! must agree: registering one it does not implement does not compile, and one it does not register
//! is never called, in tests as little as in Envoy.

mod body;
mod request;
mod response;

pub(crate) use body::Collecting;
pub use body::{Body, BodyPhase, Collected, RequestBody, ResponseBody};
pub use request::{OnCallResponse, OnRequestBody, OnRequestHeaders, OnRequestTrailers};
pub use response::{OnResponseBody, OnResponseHeaders, OnResponseTrailers};

use crate::Filter;

/// A filter in an HTTP filter chain.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::http::*;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// impl HttpFilter for Mine {
///     /// Parts of the body so far.
///     type Stream = u32;
///     /// No calls are made.
///     type Tag = ();
/// }
/// ```
pub trait HttpFilter: Filter {
    /// What one stream (a request and its response) remembers between phases; `()` for nothing.
    type Stream: Default + 'static;

    /// What a call to another service is remembered by until its answer comes; `()` for a filter
    /// that makes none, or only one kind.
    type Tag: 'static;
}

/// The stream is over: answered, reset or abandoned.
pub trait OnStreamEnd: HttpFilter {
    /// Called once per stream; attributes such as `response.code` have their final values.
    fn on_stream_end(&self, stream: &mut Self::Stream);
}
