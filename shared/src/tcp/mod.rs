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
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_model::filter_fn;
/// let refuse = |chunk: &mut Chunk| {
///     Ok(if chunk.bytes()? == b"quit" { TcpFlow::Close } else { TcpFlow::Continue })
/// };
/// assert_eq!(filter_fn::on_downstream_data(b"hello", refuse), b"hello");
/// assert_eq!(filter_fn::on_downstream_data(b"quit", refuse), b"");
/// ```
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
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::tcp::*;
    /// # struct Mine;
    /// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
    /// # impl TcpFilter for Mine { type Connection = bool; }
    /// # impl OnDownstreamData for Mine {
    /// fn on_downstream_data(&self, greeted: &mut bool, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
    ///     if !chunk.is_empty() && !std::mem::replace(greeted, true) {
    ///         chunk.prepend(b"hello\n")?;
    ///     }
    ///     Ok(TcpFlow::Continue)
    /// }
    /// # }
    /// # proxy_filter::tcp_filter!(Mine: DownstreamData);
    /// ```
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
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::tcp::*;
/// # struct Quiet;
/// # impl Filter for Quiet { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Quiet { type Connection = usize; }
/// impl OnUpstreamData for Quiet {
///     fn on_upstream_data(&self, so_far: &mut usize, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
///         *so_far = so_far.saturating_add(chunk.len());
///         Ok(if *so_far > 1024 { TcpFlow::Close } else { TcpFlow::Continue })
///     }
/// }
/// proxy_filter::tcp_filter!(Quiet: UpstreamData);
/// ```
pub trait OnUpstreamData: TcpFilter {
    /// Called for every chunk, and once more with an empty one when the upstream half-closes.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::tcp::*;
    /// # struct Mine;
    /// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
    /// # impl TcpFilter for Mine { type Connection = bool; }
    /// # impl OnUpstreamData for Mine {
    /// fn on_upstream_data(&self, greeted: &mut bool, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
    ///     if !chunk.is_empty() && !std::mem::replace(greeted, true) {
    ///         chunk.prepend(b"hello\n")?;
    ///     }
    ///     Ok(TcpFlow::Continue)
    /// }
    /// # }
    /// # proxy_filter::tcp_filter!(Mine: UpstreamData);
    /// ```
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
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::tcp::*;
/// # struct Quiet;
/// # impl Filter for Quiet { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Quiet { type Connection = usize; }
/// # impl OnDownstreamData for Quiet {
/// #     fn on_downstream_data(&self, _: &mut usize, _: &mut Chunk) -> Result<TcpFlow, HostError> { Ok(TcpFlow::Continue) }
/// # }
/// impl OnConnectionEnd for Quiet {
///     fn on_connection_end(&self, so_far: &mut usize) {
///         proxy_filter::info!("{so_far} bytes in all");
///     }
/// }
/// proxy_filter::tcp_filter!(Quiet: DownstreamData, ConnectionEnd);
/// ```
pub trait OnConnectionEnd: TcpFilter {
    /// Called once per connection.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::tcp::*;
    /// # struct Mine;
    /// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
    /// # impl TcpFilter for Mine { type Connection = bool; }
    /// # impl OnConnectionEnd for Mine {
    /// fn on_connection_end(&self, greeted: &mut bool) {
    ///     proxy_filter::debug!("greeted: {greeted}");
    /// }
    /// # }
    /// # proxy_filter::tcp_filter!(Mine: ConnectionEnd);
    /// ```
    fn on_connection_end(&self, connection: &mut Self::Connection);
}
