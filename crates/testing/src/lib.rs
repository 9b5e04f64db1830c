//! Runs one test body in three proxies: the native filter in the model, the built module in wasmtime with the same
//! model, and the built module in a real Envoy.
//!
//! ```no_run
//! use proxy_filter_test::{Request, filter_test};
//! # use proxy_filter::prelude::*;
//! # struct AddHeader;
//! # impl Filter for AddHeader { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
//! # impl HttpFilter for AddHeader { type Stream = (); type Tag = NoTag; }
//! # impl OnRequestHeaders for AddHeader {
//! #     fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
//! # }
//! # proxy_filter::http_filter!(AddHeader: RequestHeaders);
//!
//! filter_test! {
//!     http AddHeader => "add-header";
//!
//!     fn a_plain_text_becomes_the_value_of_hello(proxy) {
//!         let plugin = proxy.load("what ever you want");
//!         plugin.send(Request::get("/")).expect_header("hello", &["what ever you want"]);
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! The tests are `<name>::native`, `<name>::wasm` and `<name>::envoy`. If a test uses a feature that a real Envoy
//! lacks, such as a test-controlled clock, its Envoy run stops there, and a line gives the test's name and the reason.
//!
//! `cargo proxy-filter test` builds the module, fetches Envoy and runs the tests. `cargo test` does neither: it ignores the
//! runs in Envoy if there is none (except where `CI` is set), and fails if the module is older than its sources. Modules are
//! in `proxy-filter` in the target directory, or in the directory that `PROXY_FILTER_MODULES` names; [`locate`] says where
//! Envoy is.
//!
//! [`locate`]: proxy_filter_envoy::locate
//!
//! Tests run in parallel. The tests of a binary share a few Envoys, each of which serves one test at a time. Each test
//! has its own VM, listeners and services, and its counters start at 0.

mod compiled;
mod declare;
mod deployed;
mod diff;
mod editors;
mod envoy;
mod exchange;
mod grpc;
mod held;
mod imports;
mod load_error;
mod log;
mod modules;
mod package;
mod plugin;
mod proxy;
mod readme;
mod refusals;
mod run;
mod schema;
mod snapshot;
mod specialized;
mod stop;
mod store;
mod tables;
mod wasm;

pub use deployed::deployed_configurations;
pub use envoy::{Chain, Upstream};
pub use exchange::Exchange;
pub use grpc::{GrpcServer, Replies};
pub use held::HeldConnection;
pub use load_error::LoadError;
pub use plugin::{HeldRequest, Plugin};
pub use proxy::{Cost, Proxy};
pub use proxy_filter::sys::LogLevel;
pub use proxy_model::{Headers, NativeHttp, NativeTcp, Request, Response, Service, TcpExchange};
pub use readme::json_examples;
pub use refusals::expect_refusals;
pub use schema::expect_schema;
pub use snapshot::expect_file;
pub use specialized::specialized;
// For the macros.
#[doc(hidden)]
pub use {
    package::Package,
    run::{in_envoy, in_wasm, natively, report},
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
