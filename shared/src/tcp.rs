//! What a TCP filter implements.
//!
//! Hazard: a chunk is whatever one read of the socket returned. Its borders mean nothing.

use crate::Filter;
use crate::sys::{self, Buffer, HostError};

/// A filter in a network filter chain.
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

/// The bytes of one read, as long as their phase lasts.
#[derive(Debug)]
pub struct Chunk {
    buffer: Buffer,
    size: usize,
    end_of_stream: bool,
}

impl Chunk {
    pub(crate) fn new(buffer: Buffer, size: usize, end_of_stream: bool) -> Self {
        Self { buffer, size, end_of_stream }
    }

    /// Bytes in the chunk as it arrived.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether the chunk arrived without bytes, as it does when the peer half-closes.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Whether the peer sends nothing after this chunk.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The chunk's bytes.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        match self.size {
            0 => Ok(Vec::new()),
            size => sys::get_buffer(self.buffer, 0, size),
        }
    }

    /// Replaces the chunk.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, 0, self.size, bytes)
    }

    /// Puts bytes before the chunk.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, 0, 0, bytes)
    }

    /// Puts bytes behind the chunk.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, usize::MAX, 0, bytes)
    }
}
