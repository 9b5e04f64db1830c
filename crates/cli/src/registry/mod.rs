//! Images in a registry.

mod attach;
mod attached;
mod bill;
mod claims;
pub mod client;
pub mod credentials;
mod error;
mod loads;
mod lookup;
mod place;
pub mod publish;
pub mod reference;
pub mod sign;
mod signed;
pub mod verify;
