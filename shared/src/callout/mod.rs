//! Calls to other services while a request waits.
//!
//! There are two ways to make a [`Call`]. In both, the layer cancels calls whose stream ends first.
//!
//! - **Await it**, in a filter that implements [`OnRequest`](crate::http::OnRequest). Calls in a row are awaited one after
//!   the other, [`join`] makes several at once, and a [`GrpcStream`] exchanges several messages. Local variables keep what
//!   the filter learns between calls. Start with this one.
//! - **Return it**, as [`Flow::Call`](crate::flow::Flow::Call) with a tag.
//!   [`OnCallResponse`](crate::http::OnCallResponse) gets the response with the tag and decides what to do with the
//!   request. Only this way can a call depend on the request's body, and it takes fewer instructions and a smaller
//!   module.
//!
//! ```
//! use std::time::Duration;
//!
//! use proxy_filter::callout::{Call, CallResponse, join};
//!
//! # async fn ask() {
//! let call = Call::http("auth", "auth.example", "GET", "/check").timeout(Duration::from_millis(200));
//! let response = call.await;
//! if response.status() == Some(200) {
//!     let prices = Call::http("prices", "prices.example", "GET", "/1");
//!     let stock = Call::grpc("stock", "example.Stock", "Count", b"1".to_vec());
//!     let [prices, stock] = join([prices, stock]).await;
//! #   _ = (prices, stock);
//! }
//! # }
//! ```

mod call;
mod grpc_service;
mod grpc_stream;
mod inbox;
mod join;
mod metadata;
mod pending;
pub(crate) mod polled;
mod response;
pub(crate) mod table;

pub use call::Call;
pub use grpc_stream::GrpcStream;
pub use join::{join, join_all, race};
pub use pending::PendingCall;
pub use response::{CallError, CallResponse};
