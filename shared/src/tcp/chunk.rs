//! A view of one chunk: the bytes of one read.

use crate::buffer::View;
use crate::sys::{BufferType, HostError};

/// A view of the bytes of one read, valid for the duration of their phase.
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_model::filter_fn;
/// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
/// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
/// chunk.prepend(b"<")?;
/// # Ok(TcpFlow::Continue)
/// # });
/// # assert_eq!(upstream, b"<abc");
/// ```
#[derive(Debug)]
pub struct Chunk {
    view: View,
    end_of_stream: bool,
}

impl Chunk {
    pub(crate) fn new(buffer: BufferType, size: usize, end_of_stream: bool) -> Self {
        Self { view: View::new(buffer, size), end_of_stream }
    }

    /// Returns the number of bytes in the chunk, after edits.
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Returns whether the chunk is empty, as it is when the peer half-closes.
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Returns whether this is the peer's last chunk.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// Reads the chunk's bytes.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        self.view.bytes()
    }

    /// Replaces the chunk.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.replace(bytes)
    }

    /// Inserts bytes before the chunk.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.prepend(bytes)
    }

    /// Appends bytes to the chunk.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.append(bytes)
    }
}
