//! Views of a body, which exist only inside their phase.

use std::marker::PhantomData;

use crate::buffer::View;
use crate::headers::{Request, Response};
use crate::sys::{BufferType, HostError};

/// The part of the request's body that a phase sees.
pub type RequestBody = Body<Request>;

/// The part of the response's body that a phase sees.
pub type ResponseBody = Body<Response>;

/// A part of a body, for as long as its phase lasts.
///
/// Hazard: if a body is not as long as its `content-length` says, its receiver cuts it off or waits for more. A
/// filter that changes a body's length removes that header in the header phase, and Envoy frames the body itself.
#[derive(Debug)]
pub struct Body<K> {
    view: View,
    end_of_stream: bool,
    collecting: Collecting,
    kind: PhantomData<*const K>,
}

/// The state of collecting a body, which the stream keeps from part to part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Collecting {
    /// The filter does not collect the body.
    #[default]
    No,
    /// The host holds this many bytes.
    Held(usize),
    /// The body is longer than the limit, and its later parts are not held.
    GaveUp,
}

impl Collecting {
    /// The number of bytes that the host holds, if it holds any.
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

/// What [`Body::collect`] has collected so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// The body is not complete. The phase is called again with the next part.
    Pending,
    /// The whole body.
    Complete(Vec<u8>),
    /// The body exceeds the limit. This part includes what was held so far; later parts are not held, and
    /// return this too.
    TooLarge,
}

impl<K: BodyPhase> Body<K> {
    /// A view of a part, which includes what the host held before.
    pub(crate) fn new(size: usize, end_of_stream: bool, before: Collecting) -> Self {
        let collecting = if before.held().is_some() { Collecting::No } else { before };
        Self { view: View::new(K::BUFFER, size), end_of_stream, collecting, kind: PhantomData }
    }

    pub(crate) fn collecting(&self) -> Collecting {
        match self.collecting {
            // Edits change how much is held.
            Collecting::Held(_) => Collecting::Held(self.view.len()),
            collecting => collecting,
        }
    }

    /// The number of bytes in this part, after edits, including earlier parts that were held.
    ///
    /// ```
    /// # use proxy_filter::http::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// # let exchange = filter_fn::on_request_body(Request::post("/", &["abc"]), |body| {
    /// assert_eq!(body.len(), 3);
    /// # Ok(Flow::Continue)
    /// # });
    /// # assert_eq!(exchange.upstream.map(|request| request.body.concat()).unwrap_or_default(), b"abc");
    /// ```
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Whether the part is empty, as the last one may be.
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Whether the body ends with this part. If trailers follow, this is known only for parts that were held.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// Reads the bytes of this part.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn bytes(&self) -> Result<Vec<u8>, HostError> {
        self.view.bytes()
    }

    /// Holds parts back until the body is complete, or longer than `limit` bytes.
    ///
    /// Keep `limit` below the listener's `per_connection_buffer_limit_bytes` (1 MiB by default): if a body
    /// exceeds that, Envoy itself ends the stream with 413.
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

    /// Replaces this part. For the hazard of changing a body's length, see [`Body`].
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.replace(bytes)
    }

    /// Inserts bytes before this part. For the hazard of changing a body's length, see [`Body`].
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.prepend(bytes)
    }

    /// Appends bytes to this part. For the hazard of changing a body's length, see [`Body`].
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        self.view.append(bytes)
    }
}
