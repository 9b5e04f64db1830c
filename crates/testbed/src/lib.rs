//! A real Envoy with the built filters and a real httpbin behind it, on free loopback ports.
//!
//! What runs is ended when its value is dropped; what fails shows its log.

pub mod bootstrap;
pub mod envoy;
pub mod http;
pub mod httpbin;
pub mod load;
pub mod logs;
pub mod parts;
mod process;
pub mod recorder;
