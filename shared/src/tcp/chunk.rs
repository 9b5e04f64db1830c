//! A view of one chunk, that is of the bytes of one read.

use crate::buffer::View;
use crate::sys::{Buffer, HostError};

/// The bytes of one read, as long as their phase lasts.
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
    pub(crate) fn new(buffer: Buffer, size: usize, end_of_stream: bool) -> Self {
        Self { view: View::new(buffer, size), end_of_stream }
    }

    /// Bytes in the chunk as it is now.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// assert_eq!(chunk.len(), 3);
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"abc");
    /// ```
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Whether the chunk has no bytes, as when the peer half-closes.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// assert!(!chunk.is_empty());
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"abc");
    /// ```
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Whether the peer sends nothing after this chunk.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// assert!(!chunk.end_of_stream());
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"abc");
    /// ```
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The chunk's bytes.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// assert_eq!(chunk.bytes()?, b"abc");
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"abc");
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        self.view.bytes()
    }

    /// Replaces the chunk.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// chunk.replace(b"x")?;
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"x");
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.replace(bytes)
    }

    /// Puts bytes before the chunk.
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
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.prepend(bytes)
    }

    /// Puts bytes behind the chunk.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// chunk.append(b">")?;
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// # assert_eq!(upstream, b"abc>");
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.append(bytes)
    }
}
