//! Runs a real Envoy on free loopback ports, with Wasm filters in its listeners, for tests.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use proxy_filter_envoy::bootstrap::{Bootstrap, Filter};
//! use proxy_filter_envoy::envoy::Envoy;
//! use proxy_filter_envoy::http::Request;
//!
//! # fn main() -> anyhow::Result<()> {
//! let module = Path::new("target/proxy-filter/my-filter.wasm");
//! let filter = Filter::new("my-filter", module, r#"{"name": "x-greeting", "value": "hello"}"#);
//! let bootstrap = Bootstrap::default()
//!     .cluster("upstream", "127.0.0.1:8000".parse()?)
//!     .http("web", &[filter], "upstream");
//! let envoy = Envoy::start(&bootstrap)?;
//! let response = envoy.send("web", &Request::get("/"))?;
//! assert_eq!(response.values("x-greeting"), ["hello"]);
//! # Ok(())
//! # }
//! ```
//!
//! Dropping a value ends its program. An error includes the end of the program's log.

pub mod bootstrap;
pub mod envoy;
pub mod http;
pub mod locate;
pub mod logs;
pub mod process;
mod reaper;
pub mod recorder;
pub mod scratch;
mod signals;
mod statistics;
pub mod target;
mod watched;
