//! HTTP filters: [`HttpFilter`], and a trait for each phase.
//!
//! A filter also lists its phases in [`http_filter!`](crate::http_filter). The list must match the traits
//! that the filter implements, or it does not compile.
//!
//! A request starts in one of two phases. [`OnRequest`] is an async function, which can await calls to other services:
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
//!     type Tag = NoTag;
//! }
//!
//! impl OnRequest for Authorize {
//!     async fn on_request(&self, _: &mut (), request: &mut RequestHeaders) -> Result<Flow, HostError> {
//!         let path = request.path()?.unwrap_or_default();
//!         if Call::http("auth", "auth.example", "GET", path).await.status() == Some(200) {
//!             return Ok(Flow::Continue);
//!         }
//!         self.denied.increment(1);
//!         Ok(Flow::Reply(Reply::new(403)))
//!     }
//! }
//!
//! proxy_filter::http_filter!(Authorize: Request);
//! ```
//!
//! [`OnRequestHeaders`] is a plain function. Use it if the filter makes no calls. A filter whose every instruction counts,
//! or which decides on a call when it sees the request's body, returns [`Flow::Call`](crate::flow::Flow::Call) and takes the
//! response in [`OnCallResponse`]. In such a filter the parts of `Authorize` that differ are:
//!
//! ```
//! # use proxy_filter::prelude::*;
//! # struct Authorize { denied: Counter }
//! # impl Filter for Authorize {
//! #     fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self { denied: Counter::define("authorize.denied")? }) }
//! # }
//! impl HttpFilter for Authorize {
//!     type Stream = ();
//!     type Tag = (); // several calls have several tags
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
//!         if response.status() == Some(200) {
//!             return Ok(Flow::Continue);
//!         }
//!         self.denied.increment(1);
//!         Ok(Flow::Reply(Reply::new(403)))
//!     }
//! }
//!
//! proxy_filter::http_filter!(Authorize: RequestHeaders, CallResponse);
//! ```

mod body;
mod filter;
mod json;
mod request;
mod response;

pub(crate) use body::Collecting;
pub use body::{Body, BodyPhase, Collected, RequestBody, ResponseBody};
pub use filter::HttpFilter;
pub use json::CollectedJson;
pub use request::{OnCallResponse, OnRequest, OnRequestBody, OnRequestHeaders, OnRequestTrailers};
pub use response::{OnResponseBody, OnResponseHeaders, OnResponseTrailers, OnStreamEnd};
