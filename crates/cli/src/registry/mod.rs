//! Images in a registry.

mod attach;
mod attached;
mod claims;
pub mod client;
pub mod credentials;
mod error;
mod loads;
mod lookup;
pub mod publish;
pub mod reference;
pub mod sign;
mod signed;
pub mod verify;
