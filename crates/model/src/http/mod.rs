//! Sends a request through a filter to the upstream, and the response back.

mod call_outcome;
mod sendable;
mod stop;
mod stream;

pub use stream::HeldRequest;
