//! Views of a body, which exist only inside their phase.

use std::marker::PhantomData;

use crate::buffer::View;
use crate::headers::{Request, Response};
use crate::sys::{BufferType, HostError};

/// The part of the request's body that a phase sees.
pub type RequestBody = Body<Request>;

/// The part of the response's body that a phase sees.
pub type ResponseBody = Body<Response>;

/// A view of a part of a body, valid for the duration of its phase.
///
/// Hazard: if a body's length differs from its `content-length`, its receiver truncates it or waits for more. A filter
/// that changes a body's length must remove that header in the header phase; Envoy then frames the body itself.
#[derive(Debug)]
pub struct Body<K> {
    view: View,
    end_of_stream: bool,
    collecting: Collecting,
    kind: PhantomData<*const K>,
}

/// The state of body collection, which the stream keeps from part to part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Collecting {
    /// The filter does not collect the body.
    #[default]
    No,
    /// The host buffers this many bytes.
    Held(usize),
    /// The body exceeds the limit, and its later parts are not buffered.
    GaveUp,
}

impl Collecting {
    /// Returns the number of bytes that the host buffers for the filter, if it collects the body.
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
    /// The body exceeds the limit. This part includes what was buffered so far. Later parts are not buffered, and also
    /// return this.
    TooLarge,
}

impl<K: BodyPhase> Body<K> {
    /// Creates a view of a part, which includes what the host buffered before.
    pub(crate) fn new(size: usize, end_of_stream: bool, before: Collecting) -> Self {
        let collecting = if before.held().is_some() { Collecting::No } else { before };
        Self { view: View::new(K::BUFFER, size), end_of_stream, collecting, kind: PhantomData }
    }

    pub(crate) fn collecting(&self) -> Collecting {
        match self.collecting {
            // Edits change the number of buffered bytes.
            Collecting::Held(_) => Collecting::Held(self.view.len()),
            collecting => collecting,
        }
    }

    /// Returns the number of bytes in this part after edits, including earlier parts that were buffered.
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

    /// Returns whether the part is empty, as the last one may be.
    pub fn is_empty(&self) -> bool {
        self.view.len() == 0
    }

    /// Returns whether the body ends with this part. If trailers follow, this is known only for parts that were
    /// buffered.
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

    /// Buffers parts until the body is complete or longer than `limit` bytes.
    ///
    /// A request that ends with its headers has no body phase: a filter that requires a body must check
    /// [`end_of_stream`](crate::headers::Headers::end_of_stream) in the header phase. With trailers in place of a body, a request's
    /// body phase runs once, with an empty body.
    ///
    /// Keep `limit` below the listener's `per_connection_buffer_limit_bytes` (1 MiB by default): if a body exceeds
    /// that, Envoy ends the stream with 413.
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
