//! Real programs for tests and the demo, on free loopback ports: Envoy with the built filters, and its peers
//! (httpbin, nginx, HAProxy, Redis, a rate limit service, an image registry).
//!
//! Dropping a value ends its program. An error includes the end of the program's log.

pub mod absent;
pub mod built;
pub mod certificate;
pub mod chained;
pub mod deployed;
pub mod difference;
pub mod failures;
pub mod fixture;
pub mod h2;
pub mod haproxy;
pub mod httpbin;
pub mod kept;
pub mod load;
pub mod metrics;
pub mod nginx;
pub mod parts;
pub mod progress;
pub mod prometheus;
pub mod proxy_protocol;
pub mod ratelimit;
pub mod redis;
pub mod registry;
pub mod scenarios;
pub mod shop;
#[cfg(feature = "suite")]
pub mod suite;
pub mod transcript;
pub mod upstream;
pub mod usage;
pub mod valgrind;
pub mod varnish;

pub use proxy_filter_envoy::process::free_address;
pub use proxy_filter_envoy::{
    Envoy, bootstrap, command, http, locate, logs, process, recorder, scratch, snapshot, target,
};
