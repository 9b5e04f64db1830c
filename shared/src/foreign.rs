//! Host functions beyond the ABI.

use crate::sys::{self, HostError, found};

/// Calls a function of the host by name. Returns `None` if the host has no such function.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, filter_fn};
/// # filter_fn::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// assert_eq!(proxy_filter::foreign::call("no-such-function", b"")?, None);
/// # Ok(Flow::Continue)
/// # });
/// ```
///
/// # Errors
/// Returns the host's error.
pub fn call(function: &str, argument: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
    found(sys::call_foreign_function(function.as_bytes(), argument))
}

/// Makes Envoy select the route again. With ABI 0.2.1, changing a request header also does this. A host
/// without this function has no cached route.
///
/// # Errors
/// Returns the host's error.
pub fn clear_route_cache() -> Result<(), HostError> {
    call("clear_route_cache", b"").map(|_| ())
}
