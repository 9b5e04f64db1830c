//! Header names, header values, and the views of a header map that exist only inside their phase.

mod kind;
mod name;
mod pairs;
pub mod pseudo;
mod value;

pub use kind::{
    Kind, Request, RequestHeaders, RequestTrailer, RequestTrailers, Response, ResponseHeaders,
    ResponseTrailer, ResponseTrailers,
};
pub use name::{HeaderName, InvalidHeaderName};
pub use pairs::{HeaderPairs, serialize_pairs};
pub use value::{HeaderValue, InvalidHeaderValue};

use std::marker::PhantomData;

use crate::sys::{self, HostError, found};

/// A header map, as long as the phase that owns it lasts.
///
/// Every method is one hostcall. Those that return data cost about 10k instructions however small
/// the answer, so a filter that wants one header calls [`get`](Self::get) and one that wants
/// several calls [`pairs`](Self::pairs) once.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, scratch};
/// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// let name = HeaderName::from_static("x-a");
/// headers.set(&name, &HeaderValue::from_static("3"))?;
/// assert_eq!(headers.get(&name)?.as_deref(), Some(b"3".as_slice()));
/// # Ok(Flow::Continue)
/// # });
/// ```
#[derive(Debug)]
pub struct Headers<K> {
    end_of_stream: bool,
    kind: PhantomData<*const K>,
}

impl<K: Kind> Headers<K> {
    pub(crate) fn new(end_of_stream: bool) -> Self {
        Self { end_of_stream, kind: PhantomData }
    }

    /// Whether nothing follows: for headers no body and no trailers, for trailers always.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// assert!(headers.end_of_stream());
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    pub fn end_of_stream(&self) -> bool {
        self.end_of_stream
    }

    /// The first value of a header; empty is `Some`, absent is `None`.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// let first = headers.get(&HeaderName::from_static("x-a"))?;
    /// assert_eq!(first.as_deref(), Some(b"1".as_slice()));
    /// assert_eq!(headers.get(&HeaderName::from_static("x-b"))?, None);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(&self, name: &HeaderName) -> Result<Option<Vec<u8>>, HostError> {
        found(sys::get_header(K::MAP, name.as_bytes()))
    }

    /// All headers in order, repeated ones as often as they stand there.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// let pairs = headers.pairs()?;
    /// assert_eq!(pairs.values(&HeaderName::from_static("x-a")).count(), 2);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn pairs(&self) -> Result<HeaderPairs, HostError> {
        sys::get_header_pairs(K::MAP).map(HeaderPairs::new)
    }

    /// Adds a value beside those the header has.
    ///
    /// Envoy keeps its *inline* headers (`content-type`, `server`, `user-agent` and the like) as one
    /// value each: there the new value is joined to the old one with a comma.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// let name = HeaderName::from_static("x-a");
    /// headers.append(&name, &HeaderValue::from_static("3"))?;
    /// assert_eq!(headers.pairs()?.values(&name).count(), 3);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::add_header(K::MAP, name.as_bytes(), value.as_bytes())
    }

    /// Makes this the header's only value.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// let name = HeaderName::from_static("x-a");
    /// headers.set(&name, &HeaderValue::from_static("3"))?;
    /// assert_eq!(headers.pairs()?.values(&name).collect::<Vec<_>>(), [b"3"]);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn set(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), HostError> {
        sys::replace_header(K::MAP, name.as_bytes(), value.as_bytes())
    }

    /// Removes every value of the header.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// let name = HeaderName::from_static("x-a");
    /// headers.remove(&name)?;
    /// assert_eq!(headers.get(&name)?, None);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn remove(&mut self, name: &HeaderName) -> Result<(), HostError> {
        sys::remove_header(K::MAP, name.as_bytes())
    }
}

impl Headers<Request> {
    /// The request's target, query included. `None` for a `CONNECT` without one.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// assert_eq!(headers.path()?.as_deref(), Some(b"/a?b=c".as_slice()));
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn path(&self) -> Result<Option<Vec<u8>>, HostError> {
        self.get(&pseudo::PATH)
    }

    /// Sets the request's target, query included. Envoy then chooses the route anew.
    ///
    /// ```
    /// # use proxy_filter::headers::*;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
    /// headers.set_path(&HeaderValue::from_static("/new"))?;
    /// assert_eq!(headers.path()?.as_deref(), Some(b"/new".as_slice()));
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn set_path(&mut self, path: &HeaderValue) -> Result<(), HostError> {
        self.set(&pseudo::PATH, path)
    }
}
