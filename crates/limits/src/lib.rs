//! Limits that all workers of an Envoy share, for rate-limit and rate-limit-tcp.
//!
//! Each rule counts by a key, and has a token bucket for each value of the key ([`gcra`]). The buckets live in a table of
//! fixed size in the host's shared data ([`table`]), so workers share them, and clients cannot make the table grow. A
//! registry that all plugins share records which rule holds which table ([`registry`]).
//!
//! A rule may also count the requests or connections that each key has in flight ([`in_flight`]), in a table of the same
//! kind.

mod buckets;
pub mod config;
mod duration;
pub mod gcra;
pub mod in_flight;
mod lease;
mod network;
mod prefixes;
pub mod registry;
mod seed;
mod slot;
pub mod table;
mod tables;
#[cfg(test)]
mod test_host;

pub use buckets::{Buckets, Decision, LateCharge, MAX_DEBT, Tokens};
pub use duration::Duration;
pub use network::Prefixes;
pub use prefixes::PrefixesConfig;
pub use seed::Seed;
pub use slot::{KeyHasher, Slot};
pub use tables::Tables;
