//! Functions that a host offers beyond the ABI, by name.

use crate::sys::found;
use crate::sys::{self, HostError};

/// Calls a function of the host and returns its answer; `None` where the host has no such function.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, scratch};
/// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
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

/// Has Envoy choose the route anew. With ABI 0.2.1 any change of a request header does that as well,
/// and a host without this function needs nothing.
///
/// # Errors
/// Returns the host's error.
pub fn clear_route_cache() -> Result<(), HostError> {
    call("clear_route_cache", b"").map(|_| ())
}
