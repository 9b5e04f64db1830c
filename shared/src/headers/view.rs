//! Views of header maps.

use std::marker::PhantomData;

use super::phase::AnyPhase;
use super::{
    AsHeaderName, HeaderName, HeaderPairs, HeaderPhase, HeaderValue, Request, RequestTrailer, Response,
    ResponseTrailer, pseudo,
};
use crate::sys::{self, HostError, MapType, found};

/// The request's headers, with pseudo-headers such as `:path`.
pub type RequestHeaders = Headers<Request>;

/// The response's headers, with `:status`.
pub type ResponseHeaders = Headers<Response>;

/// The request's trailers.
pub type RequestTrailers = Headers<RequestTrailer>;

/// The response's trailers.
pub type ResponseTrailers = Headers<ResponseTrailer>;

/// A view of a header map, valid for the duration of its phase.
///
/// Each method makes one hostcall and returns the host's error. A call that returns data costs about 10k instructions,
/// regardless of its size. To read one header, call [`get`](Self::get). To read several, call [`pairs`](Self::pairs)
/// once.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, filter_fn};
/// # filter_fn::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// assert!(headers.end_of_stream());
/// assert_eq!(headers.path()?.as_deref(), Some(b"/a?b=c".as_slice()));
/// let name = HeaderName::from_static("x-a");
/// headers.append(&name, &HeaderValue::from_static("3"))?;
/// assert_eq!(headers.pairs()?.values(&name).count(), 3);
/// headers.set(&name, &HeaderValue::from_static("4"))?;
/// assert_eq!(headers.get(&name)?.as_deref(), Some(b"4".as_slice()));
/// headers.remove(&name)?;
/// assert_eq!(headers.get(&name)?, None);
/// # Ok(Flow::Continue)
/// # });
/// ```
#[derive(Debug)]
pub struct Headers<P> {
    map: MapType,
    end_of_stream: bool,
    phase: PhantomData<*const P>,
}

/// A view of a header map of any phase: see [`Headers::any_phase`].
pub type AnyHeaders<'a> = Headers<AnyPhase<'a>>;

impl<P: HeaderPhase> Headers<P> {
    pub(crate) fn new(end_of_stream: bool) -> Self {
        Self { map: P::MAP, end_of_stream, phase: PhantomData }
    }
}

impl<P> Headers<P> {
    /// Returns whether the message ends here, without a body or trailers. Always true for trailers.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// Returns a view whose type does not depend on the phase, so that a module contains code for several phases once.
    pub fn any_phase(&mut self) -> AnyHeaders<'_> {
        Headers { map: self.map, end_of_stream: self.end_of_stream, phase: PhantomData }
    }

    /// Returns the first value of a header: `None` if the header is absent, `Some` if its value is empty.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(&self, name: impl AsHeaderName) -> Result<Option<Vec<u8>>, HostError> {
        found(sys::get_header(self.map, name.name()))
    }

    /// Returns all headers in order, with every value of a repeated header.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn pairs(&self) -> Result<HeaderPairs, HostError> {
        sys::get_header_pairs(self.map).map(HeaderPairs::new)
    }

    /// Adds a value to those that the header has.
    ///
    /// Envoy keeps one value of its *inline* headers (`content-type`, `server`, `user-agent` and others): it joins
    /// the new value to the old one with a comma.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::add_header(self.map, name.as_bytes(), value.as_bytes())
    }

    /// Replaces every value of the header with this one.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn set(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::replace_header(self.map, name.as_bytes(), value.as_bytes())
    }

    /// Removes every value of the header.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn remove(&mut self, name: impl AsHeaderName) -> Result<(), HostError> {
        sys::remove_header(self.map, name.name())
    }
}

impl Headers<Request> {
    /// Returns the request's target: path and query. `None` for a `CONNECT` without one.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn path(&self) -> Result<Option<Vec<u8>>, HostError> {
        self.get(&pseudo::PATH)
    }

    /// Sets the request's target: path and query. Envoy then selects the route again.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn set_path(&mut self, path: &HeaderValue) -> Result<(), HostError> {
        self.set(&pseudo::PATH, path)
    }
}
