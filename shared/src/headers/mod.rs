//! Header names, header values, and views of a header map that exist only inside their phase.
//!
//! Values are bytes, because clients can send any byte. A [`HeaderValue`] cannot split a header: it has no
//! control characters except tab.
//!
//! ```
//! use proxy_filter::headers::{HeaderName, HeaderValue, ResponseHeaders};
//!
//! fn mark(headers: &mut ResponseHeaders) -> Result<(), proxy_filter::HostError> {
//!     headers.remove("x-powered-by")?;
//!     headers.set(&HeaderName::from_static("x-env"), &HeaderValue::from_static("prod"))
//! }
//! # use proxy_model::{Response, filter_fn};
//! # let exchange = filter_fn::on_response_headers(Response::new(200).header("x-powered-by", "php"), mark);
//! # assert!(exchange.response.headers.values("x-powered-by").is_empty());
//! # assert_eq!(exchange.response.headers.values("x-env").len(), 1);
//! ```

mod lookup;
mod name;
mod pairs;
mod phase;
pub mod pseudo;
mod value;
mod view;

pub use lookup::AsHeaderName;
pub use name::{HeaderName, InvalidHeaderName, ReadableHeaderName};
pub use pairs::{HeaderPairs, serialize_pairs};
pub use phase::{AnyPhase, HeaderPhase, Request, RequestTrailer, Response, ResponseTrailer};
pub use value::{HeaderValue, InvalidHeaderValue};
pub use view::{AnyHeaders, Headers, RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
