//! Callbacks of the layer's own, which the build puts in the place of proxy-wasm's.
//!
//! Those panic on a call's token that was not given out by proxy-wasm's own hostcalls, which cannot
//! name every cluster and leak a cancelled token.
#![allow(unsafe_code, reason = "a host finds callbacks by their names")]

use crate::entry;

/// An HTTP call was answered.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_http_call_response(
    _plugin: u32,
    token: u32,
    headers: usize,
    body_size: usize,
    _trailers: usize,
) {
    entry::http_call_answered(token, headers, body_size);
}

/// A gRPC call brought its message.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_receive(_plugin: u32, token: u32, size: usize) {
    entry::grpc_call_received(token, size);
}

/// A gRPC call ended.
// SAFETY: no other function has a name with this prefix.
#[unsafe(no_mangle)]
extern "C" fn proxy_filter_on_grpc_close(_plugin: u32, token: u32, status: u32) {
    entry::grpc_call_closed(token, status);
}
