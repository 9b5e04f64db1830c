//! Header names, header values, and the views of a header map that exist only inside their phase.

mod name;
mod pairs;
mod value;

pub use name::{HeaderName, InvalidHeaderName};
pub use pairs::{HeaderPairs, serialize_pairs};
pub use value::{HeaderValue, InvalidHeaderValue};

use std::marker::PhantomData;

use crate::sys::{self, HostError, Map};

/// The request's headers, pseudo-headers such as `:path` included.
pub type RequestHeaders = Headers<Request>;

/// The response's headers, `:status` included.
pub type ResponseHeaders = Headers<Response>;

/// The request's trailers.
pub type RequestTrailers = Headers<RequestTrailer>;

/// The response's trailers.
pub type ResponseTrailers = Headers<ResponseTrailer>;

/// A header map, as long as the phase that owns it lasts.
///
/// Every method is one hostcall. Those that return data cost about 10k instructions however small
/// the answer, so a filter that wants one header calls [`get`](Self::get) and one that wants
/// several calls [`pairs`](Self::pairs) once.
#[derive(Debug)]
pub struct Headers<K> {
    end_of_stream: bool,
    kind: PhantomData<*const K>,
}

/// Which map a view shows.
pub trait Kind {
    #[doc(hidden)]
    const MAP: Map;
}

/// Marks a view of the request's headers.
#[derive(Debug)]
pub enum Request {}

/// Marks a view of the response's headers.
#[derive(Debug)]
pub enum Response {}

/// Marks a view of the request's trailers.
#[derive(Debug)]
pub enum RequestTrailer {}

/// Marks a view of the response's trailers.
#[derive(Debug)]
pub enum ResponseTrailer {}

impl Kind for Request {
    const MAP: Map = Map::RequestHeaders;
}
impl Kind for Response {
    const MAP: Map = Map::ResponseHeaders;
}
impl Kind for RequestTrailer {
    const MAP: Map = Map::RequestTrailers;
}
impl Kind for ResponseTrailer {
    const MAP: Map = Map::ResponseTrailers;
}

impl<K: Kind> Headers<K> {
    pub(crate) fn new(end_of_stream: bool) -> Self {
        Self { end_of_stream, kind: PhantomData }
    }

    /// Whether nothing follows: for headers no body and no trailers, for trailers always.
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The first value of a header; empty is `Some`, absent is `None`.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn get(&self, name: &HeaderName) -> Result<Option<Vec<u8>>, HostError> {
        match sys::get_header(K::MAP, name.as_bytes()) {
            Ok(value) => Ok(Some(value)),
            Err(HostError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All headers in order, repeated ones as often as they stand there.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn pairs(&self) -> Result<HeaderPairs, HostError> {
        sys::get_header_pairs(K::MAP).map(HeaderPairs::new)
    }

    /// Adds a value beside those the header has.
    ///
    /// Envoy keeps its *inline* headers (`content-type`, `server`, `user-agent` and the like) as one
    /// value each: there the new value is joined to the old one with a comma.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::add_header(K::MAP, name.as_bytes(), value.as_bytes())
    }

    /// Makes this the header's only value.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn set(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::replace_header(K::MAP, name.as_bytes(), value.as_bytes())
    }

    /// Removes every value of the header.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn remove(&mut self, name: &HeaderName) -> Result<(), HostError> {
        sys::remove_header(K::MAP, name.as_bytes())
    }
}

const PATH: HeaderName = HeaderName::pseudo(":path");

impl Headers<Request> {
    /// The request's target, query included. `None` for a `CONNECT` without one.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn path(&self) -> Result<Option<Vec<u8>>, HostError> {
        self.get(&PATH)
    }

    /// Sets the request's target, query included. Envoy then chooses the route anew.
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn set_path(&mut self, path: &HeaderValue) -> Result<(), HostError> {
        self.set(&PATH, path)
    }
}
