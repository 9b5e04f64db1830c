//! The four header maps that a view can show.

use std::marker::PhantomData;

use crate::sys::MapType;

/// The header map that a view shows.
///
/// Use it as a bound to handle requests, responses and trailers alike:
///
/// ```
/// use proxy_filter::HostError;
/// use proxy_filter::headers::{HeaderName, HeaderPhase, Headers};
///
/// fn hide<P: HeaderPhase>(headers: &mut Headers<P>) -> Result<(), HostError> {
///     headers.remove(&HeaderName::from_static("x-secret"))
/// }
/// ```
pub trait HeaderPhase {
    #[doc(hidden)]
    const MAP: MapType;
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

/// Marks a view of any header map, for as long as the view that it was made from.
#[derive(Debug)]
pub struct AnyPhase<'a>(PhantomData<&'a mut ()>);

impl HeaderPhase for Request {
    const MAP: MapType = MapType::RequestHeaders;
}
impl HeaderPhase for Response {
    const MAP: MapType = MapType::ResponseHeaders;
}
impl HeaderPhase for RequestTrailer {
    const MAP: MapType = MapType::RequestTrailers;
}
impl HeaderPhase for ResponseTrailer {
    const MAP: MapType = MapType::ResponseTrailers;
}
