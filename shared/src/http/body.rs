//! Views of a body, that exist only inside their phase.
//!
//! Hazard: a body of another length than its `content-length` says leaves its receiver waiting, or is cut
//! off. A filter that changes lengths removes that header in the header phase; Envoy then frames the body
//! itself.

use std::marker::PhantomData;

use crate::buffer::View;
use crate::headers::{Request, Response};
use crate::sys::{BufferType, HostError};

/// The part of the request's body that a phase sees.
pub type RequestBody = Body<Request>;

/// The part of the response's body that a phase sees.
pub type ResponseBody = Body<Response>;

/// A part of a body, as long as its phase lasts.
#[derive(Debug)]
pub struct Body<K> {
    view: View,
    end_of_stream: bool,
    collecting: Collecting,
    kind: PhantomData<*const K>,
}

/// How far a body is with being collected; the stream keeps it from part to part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Collecting {
    /// Nobody asked.
    #[default]
    No,
    /// The host holds this many bytes.
    Held(usize),
    /// The body is longer than the limit: the rest goes by.
    GaveUp,
}

impl Collecting {
    /// Bytes that the host holds, if it holds any.
    pub(crate) fn held(self) -> Option<usize> {
        match self {
            Self::Held(size) => Some(size),
            Self::No | Self::GaveUp => None,
        }
    }
}

/// Which body a view shows.
pub trait BodyPhase {
    #[doc(hidden)]
    const BUFFER: BufferType;
}

impl BodyPhase for Request {
    const BUFFER: BufferType = BufferType::RequestBody;
}
impl BodyPhase for Response {
    const BUFFER: BufferType = BufferType::ResponseBody;
}

/// What [`Body::collect`] has so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// More is to come; the phase is called again with it.
    Pending,
    /// The whole body.
    Complete(Vec<u8>),
    /// The body exceeds the limit. What was held is in this part; later parts are not held, and say the
    /// same.
    TooLarge,
}

impl<K: BodyPhase> Body<K> {
    /// What was held before is part of this part.
    pub(crate) fn new(size: usize, end_of_stream: bool, before: Collecting) -> Self {
        let collecting = if before.held().is_some() { Collecting::No } else { before };
        Self { view: View::new(K::BUFFER, size), end_of_stream, collecting, kind: PhantomData }
    }

    pub(crate) fn collecting(&self) -> Collecting {
        match self.collecting {
            // What an edit made of it, too.
            Collecting::Held(_) => Collecting::Held(self.view.len()),
            collecting => collecting,
        }
    }

    /// Bytes in this part as it is now, with those of earlier parts that were held.
    ///
    /// ```
    /// # use proxy_filter::http::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # let exchange = scratch::on_request_body(Request::post("/", &["abc"]), |body| {
    /// assert_eq!(body.len(), 3);
    /// # Ok(Flow::Continue)
    /// # });
    /// # assert_eq!(exchange.upstream.map(|request| request.body.concat()).unwrap_or_default(), b"abc");
    /// ```
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Whether the part has no bytes, as the last one may.
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Whether the body ends with this part. Where trailers follow, that is known only if parts were held.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The bytes of this part.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        self.view.bytes()
    }

    /// Holds parts back until the body is complete, or longer than `limit` bytes.
    ///
    /// Envoy holds no more than the listener's `per_connection_buffer_limit_bytes` (1 MiB) and ends
    /// the stream with 413 beyond: stay below it.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn collect(&mut self, limit: usize) -> Result<Collected, HostError> {
        if self.view.len() > limit || matches!(self.collecting, Collecting::GaveUp) {
            self.collecting = Collecting::GaveUp;
            return Ok(Collected::TooLarge);
        }
        if !self.end_of_stream {
            self.collecting = Collecting::Held(self.view.len());
            return Ok(Collected::Pending);
        }
        self.bytes().map(Collected::Complete)
    }

    /// Replaces this part. It then may no longer be as long as its `content-length` says.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.replace(bytes)
    }

    /// Puts bytes before this part. It then may no longer be as long as its `content-length` says.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.prepend(bytes)
    }

    /// Puts bytes behind this part. It then may no longer be as long as its `content-length` says.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.append(bytes)
    }
}
