//! A request's way through a filter to the upstream and back.

mod call_response;
mod sendable;
mod stop;
mod stream;
