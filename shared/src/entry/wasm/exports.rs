//! The layer's own callbacks, which the build exports in place of proxy-wasm's.
//!
//! proxy-wasm's callbacks for responses panic on a call token that its own hostcalls did not return. The layer cannot use
//! those hostcalls: they cannot name every cluster, and they leak the tokens of canceled calls.
#![allow(unsafe_code, reason = "a host finds callbacks by name")]

use proxy_wasm::types::Action;

use crate::entry::calls;

/// The header phase's action that pauses the whole request. proxy-wasm's [`Action::Pause`] pauses only the headers if the
/// plugin has Envoy's option `allow_on_headers_stop_iteration`: then the body releases them before the filter has decided.
const STOP_ALL_ITERATION_AND_WATERMARK: u32 = 4;

unsafe extern "C" {
    /// proxy-wasm's own callback.
    fn proxy_on_request_headers(context: u32, headers: usize, end_of_stream: bool) -> Action;
}

/// Handles a request's headers.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_request_headers(context: u32, headers: usize, end_of_stream: bool) -> u32 {
    // SAFETY: the function exists in proxy-wasm, with this signature, and may be called as a host calls it.
    match unsafe { proxy_on_request_headers(context, headers, end_of_stream) } {
        Action::Continue => 0,
        _ => STOP_ALL_ITERATION_AND_WATERMARK,
    }
}

/// Handles the response to an HTTP call.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_http_call_response(
    _plugin: u32,
    token: u32,
    headers: usize,
    body_size: usize,
    _trailers: usize,
) {
    calls::http_call_response(token, headers, body_size);
}

/// Handles the message of a gRPC call.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_receive(_plugin: u32, token: u32, size: usize) {
    calls::grpc_receive(token, size);
}

/// Handles the end of a gRPC call.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_close(_plugin: u32, token: u32, status: u32) {
    calls::grpc_close(token, status);
}
