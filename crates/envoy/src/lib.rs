//! Runs a real Envoy on free loopback ports, with Wasm filters in its listeners, for tests.
//!
//! Dropping a value ends its program. An error includes the end of the program's log.

pub mod bootstrap;
mod chain;
pub mod command;
#[cfg(feature = "deployed")]
pub mod deployed;
mod envoy;
pub mod http;
pub mod locate;
pub mod logs;
pub mod process;
mod reaper;
pub mod recorder;
pub mod scratch;
mod signals;
pub mod snapshot;
mod statistics;
pub mod target;
mod watched;

pub use bootstrap::{Bootstrap, Filter};
pub use chain::Chain;
pub use envoy::Envoy;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
