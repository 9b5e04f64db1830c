//! The layer's own callbacks, which the build exports in place of proxy-wasm's.
//!
//! proxy-wasm's callbacks panic on a call token that its own hostcalls did not return. The layer cannot use
//! those hostcalls: they cannot name every cluster, and they leak the tokens of canceled calls.
#![allow(unsafe_code, reason = "a host finds callbacks by name")]

use crate::entry::calls;

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
