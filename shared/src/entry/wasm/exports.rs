//! Callbacks of the layer's own, which the build puts in the place of proxy-wasm's.
//!
//! Those panic on a call's token that proxy-wasm's own hostcalls did not return. The layer cannot use these
//! hostcalls: they cannot name every cluster, and they leak the tokens of cancelled calls.
#![allow(unsafe_code, reason = "a host finds callbacks by their names")]

use crate::entry::calls;

/// An HTTP call got a response.
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

/// A gRPC call received its message.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_receive(_plugin: u32, token: u32, size: usize) {
    calls::grpc_receive(token, size);
}

/// A gRPC call ended.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_close(_plugin: u32, token: u32, status: u32) {
    calls::grpc_close(token, status);
}
