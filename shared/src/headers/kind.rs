//! The four header maps that a view can show.

use super::Headers;
use crate::sys::MapType;

/// The request's headers, pseudo-headers such as `:path` included.
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
pub type RequestHeaders = Headers<Request>;

/// The response's headers, `:status` included.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_model::{Response, scratch};
/// fn hide(headers: &mut ResponseHeaders) -> Result<(), proxy_filter::HostError> {
///     headers.remove(&HeaderName::from_static("x-powered-by"))
/// }
/// let exchange = scratch::on_response_headers(Response::new(200).header("x-powered-by", "php"), hide);
/// assert!(exchange.response.headers.values("x-powered-by").is_empty());
/// ```
pub type ResponseHeaders = Headers<Response>;

/// The request's trailers.
///
/// ```
/// use proxy_filter::HostError;
/// use proxy_filter::headers::{HeaderName, RequestTrailers};
///
/// /// For [`OnRequestTrailers`](proxy_filter::http::OnRequestTrailers).
/// fn hide(trailers: &mut RequestTrailers) -> Result<(), HostError> {
///     trailers.remove(&HeaderName::from_static("x-secret"))
/// }
/// ```
pub type RequestTrailers = Headers<RequestTrailer>;

/// The response's trailers.
///
/// ```
/// use proxy_filter::HostError;
/// use proxy_filter::headers::{HeaderName, ResponseTrailers};
///
/// /// For [`OnResponseTrailers`](proxy_filter::http::OnResponseTrailers).
/// fn hide(trailers: &mut ResponseTrailers) -> Result<(), HostError> {
///     trailers.remove(&HeaderName::from_static("x-secret"))
/// }
/// ```
pub type ResponseTrailers = Headers<ResponseTrailer>;

/// Which map a view shows.
///
/// ```
/// use proxy_filter::HostError;
/// use proxy_filter::headers::{HeaderName, Headers, Kind};
///
/// /// The same for requests, responses and trailers.
/// fn hide<K: Kind>(headers: &mut Headers<K>) -> Result<(), HostError> {
///     headers.remove(&HeaderName::from_static("x-secret"))
/// }
/// ```
pub trait Kind {
    #[doc(hidden)]
    const MAP: MapType;
}

/// Marks a view of the request's headers.
///
/// ```
/// use proxy_filter::headers::{Headers, Request, RequestHeaders};
///
/// fn same(headers: &Headers<Request>) -> &RequestHeaders {
///     headers
/// }
/// ```
#[derive(Debug)]
pub enum Request {}

/// Marks a view of the response's headers.
///
/// ```
/// use proxy_filter::headers::{Headers, Response, ResponseHeaders};
///
/// fn same(headers: &Headers<Response>) -> &ResponseHeaders {
///     headers
/// }
/// ```
#[derive(Debug)]
pub enum Response {}

/// Marks a view of the request's trailers.
///
/// ```
/// use proxy_filter::headers::{Headers, RequestTrailer, RequestTrailers};
///
/// fn same(headers: &Headers<RequestTrailer>) -> &RequestTrailers {
///     headers
/// }
/// ```
#[derive(Debug)]
pub enum RequestTrailer {}

/// Marks a view of the response's trailers.
///
/// ```
/// use proxy_filter::headers::{Headers, ResponseTrailer, ResponseTrailers};
///
/// fn same(headers: &Headers<ResponseTrailer>) -> &ResponseTrailers {
///     headers
/// }
/// ```
#[derive(Debug)]
pub enum ResponseTrailer {}

impl Kind for Request {
    const MAP: MapType = MapType::RequestHeaders;
}
impl Kind for Response {
    const MAP: MapType = MapType::ResponseHeaders;
}
impl Kind for RequestTrailer {
    const MAP: MapType = MapType::RequestTrailers;
}
impl Kind for ResponseTrailer {
    const MAP: MapType = MapType::ResponseTrailers;
}
