//! TCP filters: [`TcpFilter`], and a trait for each phase.
//!
//! A filter also lists its phases in [`tcp_filter!`](crate::tcp_filter). The list must match the traits that
//! the filter implements, or it does not compile.
//!
//! Hazard: a chunk is whatever one read of the socket returned. Chunk boundaries have no meaning.
//!
//! ```
//! use proxy_filter::prelude::*;
//!
//! /// Closes connections on which the client sends more than a kilobyte.
//! struct Quiet;
//! # impl Filter for Quiet { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
//!
//! impl TcpFilter for Quiet {
//!     /// Bytes so far.
//!     type Connection = usize;
//! }
//!
//! impl OnDownstreamData for Quiet {
//!     fn on_downstream_data(&self, so_far: &mut usize, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
//!         *so_far = so_far.saturating_add(chunk.len());
//!         Ok(if *so_far > 1024 { TcpFlow::Close } else { TcpFlow::Continue })
//!     }
//! }
//!
//! proxy_filter::tcp_filter!(Quiet: DownstreamData);
//! ```

mod chunk;

pub use chunk::Chunk;

use crate::Filter;
use crate::sys::HostError;

/// A filter in a network filter chain.
pub trait TcpFilter: Filter {
    /// The state that the filter keeps for one connection between chunks.
    type Connection: Default + 'static;
}

/// What to do with a connection after a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpFlow {
    /// Pass the chunk on to the next filter.
    Continue,
    /// Hold the chunk. The next chunk of this direction begins with it. If it is the last one, its bytes are lost.
    ///
    /// Hazard: the proxy keeps the bytes in memory, and a filter cannot tell when a peer has stopped. Bound the size, and set
    /// `idle_timeout` in Envoy's `tcp_proxy`.
    Hold,
    /// Drop the chunk and close the connection.
    Close,
}

/// A client connected, and has not sent a byte. Envoy has not connected to the upstream.
///
/// Hazard: nothing can be sent in this phase, and a client's TLS handshake is not complete.
pub trait OnNewConnection: TcpFilter {
    /// Called once per connection, before every other phase.
    ///
    /// # Errors
    /// On an error of the host, the layer closes the connection and logs the error.
    fn on_new_connection(&self, connection: &mut Self::Connection) -> Result<TcpFlow, HostError>;
}

/// The client sent bytes, on their way to the upstream.
pub trait OnDownstreamData: TcpFilter {
    /// Called for every chunk, and once more with an empty one when the client half-closes.
    ///
    /// # Errors
    /// On an error of the host, the layer closes the connection and logs the error.
    fn on_downstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError>;
}

/// The upstream sent bytes, on their way to the client.
pub trait OnUpstreamData: TcpFilter {
    /// Called for every chunk, and once more with an empty one when the upstream half-closes.
    ///
    /// # Errors
    /// On an error of the host, the layer closes the connection and logs the error.
    fn on_upstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError>;
}

/// Either side closed the connection.
pub trait OnConnectionEnd: TcpFilter {
    /// Called once per connection.
    fn on_connection_end(&self, connection: &mut Self::Connection);
}
