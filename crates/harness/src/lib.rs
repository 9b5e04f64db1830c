//! Real programs for tests and the demo, on free loopback ports: Envoy with the built filters, and its peers
//! (httpbin, nginx, Redis, a rate limit service, an image registry).
//!
//! Dropping a value ends its program. An error includes the end of the program's log.

pub mod bootstrap;
pub mod certificate;
mod command;
pub mod deployed;
pub mod envoy;
pub mod fixture;
pub mod http;
pub mod httpbin;
pub mod load;
pub mod logs;
pub mod nginx;
pub mod parts;
mod process;
pub mod ratelimit;
mod reaper;
pub mod recorder;
pub mod redis;
pub mod registry;
pub mod scenarios;
pub mod scratch;
mod signals;
mod statistics;
#[cfg(feature = "suite")]
pub mod suite;
pub mod transcript;
pub mod valgrind;
mod watched;

pub use process::free_address;
