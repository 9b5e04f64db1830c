//! HTTP filters: [`HttpFilter`], and a trait for each phase.
//!
//! A filter also lists its phases in [`http_filter!`](crate::http_filter). The list must match the traits
//! that the filter implements, or it does not compile.
//!
//! ```
//! use proxy_filter::prelude::*;
//!
//! /// Lets only those requests pass that a service approves, and counts the others.
//! struct Authorize {
//!     denied: Counter,
//! }
//!
//! impl Filter for Authorize {
//!     fn configure(_: &[u8]) -> Result<Self, ConfigError> {
//!         Ok(Self { denied: Counter::define("authorize.denied")? })
//!     }
//! }
//!
//! impl HttpFilter for Authorize {
//!     type Stream = ();
//!     type Tag = ();
//! }
//!
//! impl OnRequestHeaders for Authorize {
//!     fn on_request_headers(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow<()>, HostError> {
//!         let path = request.path()?.unwrap_or_default();
//!         Ok(Flow::Call(Call::http("auth", "auth.example", "GET", path), ()))
//!     }
//! }
//!
//! impl OnCallResponse for Authorize {
//!     fn on_call_response(
//!         &self,
//!         _: &mut (),
//!         _: (),
//!         response: CallResponse,
//!         _: Option<&mut RequestHeaders>,
//!     ) -> Result<Flow<()>, HostError> {
//!         Ok(match response {
//!             CallResponse::Http(headers, _) if headers.status() == Some(200) => Flow::Continue,
//!             _ => {
//!                 self.denied.increment(1);
//!                 Flow::Reply(Reply::new(403))
//!             }
//!         })
//!     }
//! }
//!
//! proxy_filter::http_filter!(Authorize: RequestHeaders, CallResponse);
//! ```

mod body;
mod filter;
mod request;
mod response;

pub(crate) use body::Collecting;
pub use body::{Body, BodyPhase, Collected, RequestBody, ResponseBody};
pub use filter::HttpFilter;
pub use request::{OnCallResponse, OnRequest, OnRequestBody, OnRequestHeaders, OnRequestTrailers};
pub use response::{OnResponseBody, OnResponseHeaders, OnResponseTrailers, OnStreamEnd};
