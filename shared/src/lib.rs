//! Typed helpers for writing [Proxy-Wasm](https://github.com/proxy-wasm/spec) filters for Envoy.
//!
//! # One request through one filter
//!
//! ```
//! use proxy_filter::prelude::*;
//!
//! /// The compiled configuration; every stream of a worker shares it.
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
//!     type Tag = ();
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
//! 1. Envoy loads the module, then calls `proxy_on_configure` once in a canary VM and once per
//!    worker. [`Filter::configure`] turns the raw bytes into a compiled filter, or refuses them with
//!    a [`ConfigError`] that names the place; Envoy then refuses the whole
//!    configuration. Each plugin that shares the VM has a filter of its own.
//! 2. A request arrives: the stream gets its own state, [`HttpFilter::Stream`](http::HttpFilter::Stream).
//! 3. Envoy calls the phases that [`http_filter!`] lists, and only those: `just build` removes the
//!    exports of all others, because every exported callback costs instructions on every request.
//! 4. In a phase the filter reads and edits through a view that exists only there, such as
//!    [`ResponseHeaders`](headers::ResponseHeaders). Values are bytes: clients send any.
//! 5. A request phase returns a [`Flow`](flow::Flow). A reply is a return value: a filter cannot
//!    reply and then continue.
//!
//! # Layout
//!
//! | module | what it holds |
//! |---|---|
//! | [`http`], [`tcp`], [`plugin`] | what a filter implements |
//! | [`callout`] | calls to other services while a request waits |
//! | [`flow`] | what a request phase returns |
//! | [`headers`] | header names, values and the phase views |
//! | [`config`] | raw configuration to typed, with the path of what is wrong |
//! | [`matching`], [`template`] | conditions and value templates that several filters share |
//! | [`attribute`], [`clock`], [`metric`], [`log`] | what the host knows and counts, typed |
//! | [`shared_data`], [`queue`], [`filter_state`], [`foreign`] | what workers and filters share, and the host's own functions |
//!
//! Two more are no part of the interface: `entry` is what the registration macros expand to and what
//! test drivers call, and `sys` is the host seam.

pub mod attribute;
mod buffer;
pub mod callout;
pub mod clock;
pub mod config;
#[doc(hidden)]
pub mod entry;
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
#[doc(hidden)]
pub mod sys;
pub mod target;
pub mod tcp;
pub mod template;
mod vm;

/// What nearly every filter imports.
pub mod prelude {
    pub use crate::callout::{Call, CallResponse};
    pub use crate::config::ConfigError;
    pub use crate::flow::{Flow, NoCalls, Reply};
    pub use crate::headers::{
        HeaderName, HeaderValue, RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers,
    };
    pub use crate::http::{
        Collected, HttpFilter, OnCallResponse, OnRequestBody, OnRequestHeaders, OnRequestTrailers,
        OnResponseBody, OnResponseHeaders, OnResponseTrailers, OnStreamEnd, RequestBody, ResponseBody,
    };
    pub use crate::metric::Counter;
    pub use crate::tcp::{Chunk, OnConnectionEnd, OnDownstreamData, OnUpstreamData, TcpFilter, TcpFlow};
    pub use crate::{Filter, HostError};
}

use config::ConfigError;
pub use sys::HostError;

/// A filter: a configuration, compiled.
///
/// ```
/// # use proxy_filter::prelude::*;
/// struct Limit(u32);
///
/// impl Filter for Limit {
///     fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
///         let text = std::str::from_utf8(configuration).map_err(ConfigError::new)?;
///         text.trim().parse().map(Self).map_err(ConfigError::new)
///     }
/// }
/// assert_eq!(Limit::configure(b"20\n").unwrap().0, 20);
/// assert_eq!(Limit::configure(b"x").err().unwrap().to_string(), "invalid digit found in string");
/// ```
pub trait Filter: Sized + 'static {
    /// Checks and compiles the plugin's configuration, which is empty where none was given.
    ///
    /// What Envoy hands on as a `google.protobuf.Struct` is JSON here: see [`config::from_protobuf`].
    ///
    /// Runs in the canary VM before any worker, then once on each worker, and again for each new
    /// configuration, each time for a new value: streams in flight keep the one they began with.
    ///
    /// # Errors
    /// A [`ConfigError`] refuses the configuration; Envoy logs it and keeps what it had.
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError>;
}

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
