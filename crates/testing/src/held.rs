//! Connections that stay open.

use crate::envoy::EnvoyConnection;

/// A TCP connection that is open until this is dropped.
pub enum HeldConnection<'a> {
    /// In the model.
    #[doc(hidden)]
    Model(proxy_model::HeldConnection<'a>),
    /// In Envoy.
    #[doc(hidden)]
    Envoy(EnvoyConnection<'a>),
}

impl HeldConnection<'_> {
    /// Returns whether the filter did not close the connection when it was opened.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Model(connection) => connection.is_open(),
            Self::Envoy(connection) => connection.is_open,
        }
    }
}
