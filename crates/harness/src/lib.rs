//! A real Envoy with the built filters, and what belongs around it (httpbin, nginx, Redis,
//! engines of limits, a registry), on free loopback ports.
//!
//! What runs is ended when its value is dropped; what fails shows its log.

pub mod bootstrap;
pub mod command;
pub mod envoy;
pub mod http;
pub mod httpbin;
pub mod limitador;
pub mod load;
pub mod logs;
pub mod nginx;
pub mod outcome;
pub mod parts;
mod process;
pub mod ratelimit;
mod reaper;
pub mod recorder;
pub mod redis;
pub mod registry;
pub mod scratch;
mod watched;

pub use process::free_address;
