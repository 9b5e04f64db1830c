//! Typed helpers for writing [Proxy-Wasm](https://github.com/proxy-wasm/spec) filters for Envoy.
//!
//! These docs call this crate *the layer*: it sits between the host's callbacks and a filter.
//!
//! # One request through one filter
//!
//! ```
//! use proxy_filter::prelude::*;
//!
//! /// The compiled configuration, which all streams of a worker share.
//! struct Greeter {
//!     greeting: HeaderValue,
//! }
//!
//! const HELLO: HeaderName = HeaderName::from_static("hello");
//!
//! impl Filter for Greeter {
//!     fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
//!         let greeting = HeaderValue::new(configuration).map_err(ConfigError::new)?;
//!         Ok(Self { greeting })
//!     }
//! }
//!
//! impl HttpFilter for Greeter {
//!     type Stream = ();
//!     type Tag = NoTag;
//! }
//!
//! impl OnResponseHeaders for Greeter {
//!     fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
//!         headers.append(&HELLO, &self.greeting)
//!     }
//! }
//!
//! proxy_filter::http_filter!(Greeter: ResponseHeaders);
//! ```
//!
//! 1. Envoy loads the module and calls `proxy_on_configure`, once in a canary VM and once on each worker.
//!    [`Filter::configure`] compiles the bytes into a filter, or refuses them with a [`ConfigError`] that names the
//!    place. Envoy then rejects the whole configuration. Each plugin in a VM has its own filter.
//! 2. A request arrives, and the stream gets its own state, [`HttpFilter::Stream`](http::HttpFilter::Stream).
//! 3. Envoy calls the phases that [`http_filter!`] lists. The build removes the exports of all others, because
//!    every exported callback costs instructions on every request.
//! 4. In a phase, the filter reads and edits through a view that exists only there, such as
//!    [`ResponseHeaders`](headers::ResponseHeaders). Values are bytes, because clients can send any bytes.
//! 5. A request phase returns a [`Flow`](flow::Flow). A reply is a return value: a filter cannot reply and then
//!    let the request continue.
//! 6. A filter that calls other services implements [`OnRequest`](http::OnRequest), an async function that
//!    [awaits](callout) the responses while the request waits.
//!
//! # Layout
//!
//! | module | contents |
//! |---|---|
//! | [`http`], [`tcp`], [`plugin`] | the traits that a filter implements |
//! | [`flow`] | what a request phase returns |
//! | [`callout`] | calls to other services, and gRPC streams |
//! | [`headers`], [`target`] | header names and values, views of header maps, and the parts of a request target |
//! | [`config`] | JSON to a typed configuration, with the path to each error |
//! | [`matching`], [`template`], [`inputs`] | conditions and value templates, and the inputs they read |
//! | [`specialize`] | filters that can be built for one configuration |
//! | [`attribute`], [`clock`], [`metric`], [`logging`] | the host's attributes, clocks, metrics and log |
//! | [`shared_data`], [`queue`], [`filter_state`], [`foreign`] | data that workers and filters share, and host functions |
//!
//! Two modules are not part of the public API: `entry`, which the registration macros and test drivers use, and `sys`,
//! which makes the hostcalls.
#![warn(missing_docs)]

pub mod attribute;
mod buffer;
pub mod callout;
pub mod clock;
pub mod config;
#[doc(hidden)]
pub mod entry;
mod filter;
pub mod filter_state;
pub mod flow;
pub mod foreign;
pub mod headers;
pub mod http;
pub mod inputs;
pub mod logging;
pub mod matching;
pub mod metric;
pub mod plugin;
pub mod queue;
pub mod shared_data;
pub mod specialize;
#[doc(hidden)]
pub mod sys;
pub mod target;
pub mod tcp;
pub mod template;
mod vm;

#[cfg(doc)]
use config::ConfigError;
pub use filter::Filter;
pub use sys::HostError;

/// The items that most filters need: `use proxy_filter::prelude::*;`.
pub mod prelude {
    pub use crate::callout::{Call, CallResponse};
    pub use crate::config::ConfigError;
    pub use crate::flow::{Flow, NoTag, Reply};
    pub use crate::headers::{
        HeaderName, HeaderValue, RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers,
    };
    pub use crate::http::{
        Collected, CollectedJson, HttpFilter, OnCallResponse, OnRequest, OnRequestBody, OnRequestHeaders,
        OnRequestTrailers, OnResponseBody, OnResponseHeaders, OnResponseTrailers, OnStreamEnd, RequestBody,
        ResponseBody,
    };
    pub use crate::metric::Counter;
    pub use crate::tcp::{
        Chunk, OnConnectionEnd, OnDownstreamData, OnNewConnection, OnUpstreamData, TcpFilter, TcpFlow,
    };
    pub use crate::{Filter, HostError};
}

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
