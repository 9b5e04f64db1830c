//! Images in a registry.

pub mod client;
pub mod credentials;
mod envoy;
mod error;
pub mod publish;
pub mod reference;
pub mod verify;
