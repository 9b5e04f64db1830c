//! Images in a registry.

pub mod client;
pub mod credentials;
mod error;
mod loads;
pub mod publish;
pub mod reference;
pub mod verify;
