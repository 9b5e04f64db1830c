//! Runs a real Envoy on free loopback ports, with Wasm filters in its listeners, for tests.
//!
//! Dropping a value ends its program. An error includes the end of the program's log.

mod chain;
#[cfg(feature = "deployed")]
pub mod deployed;

pub use chain::Chain;

// Programs and sockets: WebAssembly has none.
#[cfg(not(target_family = "wasm"))]
pub mod bootstrap;
#[cfg(not(target_family = "wasm"))]
pub mod command;
#[cfg(not(target_family = "wasm"))]
mod envoy;
#[cfg(not(target_family = "wasm"))]
pub mod http;
#[cfg(not(target_family = "wasm"))]
pub mod locate;
#[cfg(not(target_family = "wasm"))]
pub mod logs;
#[cfg(not(target_family = "wasm"))]
pub mod process;
#[cfg(not(target_family = "wasm"))]
mod reaper;
#[cfg(not(target_family = "wasm"))]
pub mod recorder;
#[cfg(not(target_family = "wasm"))]
pub mod scratch;
#[cfg(not(target_family = "wasm"))]
mod signals;
#[cfg(not(target_family = "wasm"))]
pub mod snapshot;
#[cfg(not(target_family = "wasm"))]
mod statistics;
#[cfg(not(target_family = "wasm"))]
pub mod target;
#[cfg(not(target_family = "wasm"))]
mod watched;

#[cfg(not(target_family = "wasm"))]
pub use bootstrap::{Bootstrap, Filter};
#[cfg(not(target_family = "wasm"))]
pub use envoy::Envoy;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
