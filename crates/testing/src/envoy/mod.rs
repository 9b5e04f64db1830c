//! Runs the built module in a real Envoy.

mod connection;
mod grpc;
mod log;
mod plugin;
mod proxy;
mod running;
mod services;
mod upstream;
mod wire;

pub use connection::EnvoyConnection;
pub(crate) use plugin::{EnvoyPlugin, EnvoyRequest};
pub(crate) use proxy::EnvoyProxy;
pub use proxy_filter_envoy::Chain;
pub(crate) use running::PLUGIN_NAME;
pub use upstream::Upstream;
