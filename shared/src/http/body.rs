//! Views of a body, that exist only inside their phase.

use std::marker::PhantomData;

use crate::headers::{Request, Response};
use crate::sys::{self, Buffer, HostError};

/// The part of the request's body that a phase sees.
pub type RequestBody = Body<Request>;

/// The part of the response's body that a phase sees.
pub type ResponseBody = Body<Response>;

/// A part of a body, as long as its phase lasts.
#[derive(Debug)]
pub struct Body<K> {
    size: usize,
    end_of_stream: bool,
    held: bool,
    kind: PhantomData<*const K>,
}

/// Which body a view shows; sealed.
pub trait Kind {
    #[doc(hidden)]
    const BUFFER: Buffer;
}

impl Kind for Request {
    const BUFFER: Buffer = Buffer::RequestBody;
}
impl Kind for Response {
    const BUFFER: Buffer = Buffer::ResponseBody;
}

/// What [`Body::collect`] has so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// More is to come; the phase is called again with it.
    Pending,
    /// The whole body.
    Complete(Vec<u8>),
    /// The body exceeds the limit. Nothing more is held back.
    TooLarge,
}

impl<K: Kind> Body<K> {
    pub(crate) fn new(size: usize, end_of_stream: bool) -> Self {
        Self { size, end_of_stream, held: false, kind: PhantomData }
    }

    pub(crate) fn held(&self) -> bool {
        self.held
    }

    /// Bytes in this part, with those of earlier parts that were held.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether the part has no bytes, as the last one may.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Whether nothing follows, but for trailers.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The bytes of this part.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        match self.size {
            0 => Ok(Vec::new()),
            size => sys::get_buffer(K::BUFFER, 0, size),
        }
    }

    /// Holds parts back until the body is complete, or longer than `limit` bytes.
    ///
    /// Envoy holds no more than the listener's `per_connection_buffer_limit_bytes` (1 MiB) and ends
    /// the stream with 413 beyond: stay below it.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn collect(&mut self, limit: usize) -> Result<Collected, HostError> {
        if self.size > limit {
            return Ok(Collected::TooLarge);
        }
        self.held = !self.end_of_stream;
        if self.held { Ok(Collected::Pending) } else { self.bytes().map(Collected::Complete) }
    }

    /// Replaces this part.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(K::BUFFER, 0, self.size, bytes)
    }

    /// Puts bytes before this part.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(K::BUFFER, 0, 0, bytes)
    }

    /// Puts bytes behind this part.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(K::BUFFER, usize::MAX, 0, bytes)
    }
}
