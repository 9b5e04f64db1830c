//! An in-memory proxy that runs a filter natively or as a built module, and behaves as Envoy does.
//!
//! A [`Proxy`] has one or more workers. Each runs the filter in a VM of its own (a [`Guest`]). The workers share data,
//! metrics, a log and a test-controlled clock.
//!
//! ```
//! use proxy_model::{NativeHttp, Proxy, Request};
//! # use proxy_filter::prelude::*;
//! # struct Greeter;
//! # impl Filter for Greeter { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
//! # impl HttpFilter for Greeter { type Stream = (); type Tag = NoTag; }
//! # impl OnResponseHeaders for Greeter {
//! #     fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
//! #         headers.append(&HeaderName::from_static("hello"), &HeaderValue::from_static("world!"))
//! #     }
//! # }
//! # proxy_filter::http_filter!(Greeter: ResponseHeaders);
//!
//! let proxy = Proxy::new(1, || NativeHttp::<Greeter>::default());
//! let plugin = proxy.load("", "plugin").unwrap();
//! let exchange = plugin.send(0, &Request::get("/"));
//! assert_eq!(exchange.response.headers.values("hello"), ["world!"]);
//! ```

mod attributes;
mod context;
mod exchange;
pub mod filter_fn;
mod grpc_stream;
mod grpc_streams;
mod guest;
mod headers;
mod host;
mod http;
#[doc(hidden)]
pub mod imports;
mod inline;
mod message;
mod metrics;
mod native;
mod pass_through;
mod proxy;
mod reply;
mod service;
mod shared;
mod tcp;
mod worker;

pub use attributes::VM_ID;
pub use exchange::{Exchange, Responder};
pub use guest::{Callback, Guest, Trap};
pub use headers::Headers;
pub use http::HeldRequest;
pub use message::{Request, Response};
pub use native::{NativeHttp, NativeTcp};
pub use pass_through::PassThrough;
pub use proxy::{Plugin, Proxy};
pub use service::Service;
pub use tcp::{HeldConnection, TcpExchange};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
