//! The code between the host's callbacks and a filter's methods, which is the same on every target.
//!
//! A filter does not use this module directly: [`http_filter!`](crate::http_filter) and
//! [`tcp_filter!`](crate::tcp_filter) do, and test drivers call [`PluginContext`] as a proxy would.

mod action;
pub mod calls;
#[cfg(doctest)]
mod compile_checks;
mod connection;
mod export;
mod phases;
mod plugin;
mod preset;
mod register;
mod stream;
pub mod wasm;

pub use crate::clock::milliseconds;
pub use crate::vm::Vm;
pub use action::HostAction;
pub use connection::Connection;
pub(crate) use phases::{HTTP_PHASES, TCP_PHASES};
pub use phases::{
    HttpEntry, Implements, Otherwise, OtherwiseHttp, OtherwiseTcp, PluginEntry, TcpEntry, is_registered,
};
pub use plugin::PluginContext;
pub use preset::{Preset, REFUSED, plan};
pub use stream::{HttpStream, Running, Task};
