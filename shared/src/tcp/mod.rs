//! What a TCP filter implements.
//!
//! Hazard: a chunk is whatever one read of the socket returned. Its borders mean nothing.

mod chunk;

pub use chunk::Chunk;

use crate::Filter;
use crate::sys::HostError;

/// A filter in a network filter chain.
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::tcp::*;
/// # struct Quiet;
/// # impl Filter for Quiet { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// impl TcpFilter for Quiet {
///     /// Bytes so far.
///     type Connection = usize;
/// }
/// ```
pub trait TcpFilter: Filter {
    /// What one connection remembers between chunks.
    type Connection: Default + 'static;
}

/// How a connection goes on after a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpFlow {
    /// The chunk goes on to the next filter.
    Continue,
    /// The connection is closed; the chunk is dropped.
    Close,
}

/// Bytes from the client, on their way to the upstream.
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::tcp::*;
/// # struct Quiet;
/// # impl Filter for Quiet { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Quiet { type Connection = usize; }
/// impl OnDownstreamData for Quiet {
///     fn on_downstream_data(&self, so_far: &mut usize, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
///         *so_far = so_far.saturating_add(chunk.len());
///         Ok(if *so_far > 1024 { TcpFlow::Close } else { TcpFlow::Continue })
///     }
/// }
/// proxy_filter::tcp_filter!(Quiet: DownstreamData);
/// ```
pub trait OnDownstreamData: TcpFilter {
    /// Called for every chunk, and once more with an empty one when the client half-closes.
    ///
    /// # Errors
    /// An error of the host closes the connection and is logged.
    fn on_downstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError>;
}

/// Bytes from the upstream, on their way to the client.
pub trait OnUpstreamData: TcpFilter {
    /// Called for every chunk, and once more with an empty one when the upstream half-closes.
    ///
    /// # Errors
    /// An error of the host closes the connection and is logged.
    fn on_upstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError>;
}

/// The connection is closed, by whichever side.
pub trait OnConnectionEnd: TcpFilter {
    /// Called once per connection.
    fn on_connection_end(&self, connection: &mut Self::Connection);
}
