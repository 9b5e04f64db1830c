//! Values that a filter attaches to a stream, for later filters and access logs.
//!
//! In Envoy a value named `x` is the filter state object `wasm.x`: an access log shows it as
//! `%FILTER_STATE(wasm.x:PLAIN)%`.
//!
//! A Wasm filter cannot set dynamic metadata, which some of Envoy's filters read: Envoy 1.40 has neither a hostcall nor a
//! [host function](crate::foreign) for it (envoy#15148). A request header, which most of these filters can also match, takes
//! its place. To read metadata, use `Attribute::at(&["metadata", "filter_metadata", filter, key])`.

use crate::attribute::Attribute;
use crate::sys::{self, HostError};

/// Sets a value.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, filter_fn};
/// # filter_fn::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// use proxy_filter::filter_state;
///
/// filter_state::set("my-filter.user", b"ann")?;
/// assert_eq!(filter_state::get("my-filter.user")?.as_deref(), Some(b"ann".as_slice()));
/// # Ok(Flow::Continue)
/// # });
/// ```
///
/// # Errors
/// Returns the host's error.
pub fn set(name: &str, value: &[u8]) -> Result<(), HostError> {
    sys::set_property(name.as_bytes(), value)
}

/// Reads a value that a Wasm filter of this stream set. Returns `None` if no filter did.
///
/// # Errors
/// Returns the host's error.
pub fn get(name: &str) -> Result<Option<Vec<u8>>, HostError> {
    Attribute::at(&["filter_state", &format!("wasm.{name}")]).get()
}
