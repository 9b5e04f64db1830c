//! The streams that wait for a call's response.
//!
//! Hosts deliver responses to the plugin, with the call's token. The layer keeps its own table of tokens:
//! proxy-wasm 0.2.5 panics on a token it does not know and keeps those of cancelled calls for ever.

use std::rc::{Rc, Weak};

use crate::callout::CallResponse;
use crate::vm::{Waiting, current};

pub(super) fn wait(token: u32, stream: Weak<dyn Waiting>) {
    current(|vm| vm.waiting.borrow_mut().insert(token, stream));
}

pub(super) fn forget(token: u32) {
    current(|vm| vm.waiting.borrow_mut().remove(&token));
}

/// Removes the stream from the table before anything else: once resumed, it may wait again.
fn take(token: u32) -> Option<Rc<dyn Waiting>> {
    current(|vm| vm.waiting.borrow_mut().remove(&token))?.upgrade()
}

/// An HTTP call got a response, or failed if there are no headers.
pub fn http_call_response(token: u32, headers: usize, body_size: usize) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_http(headers, body_size));
    }
}

/// A gRPC call received its message.
pub fn grpc_receive(token: u32, size: usize) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_grpc(size));
    }
}

/// A gRPC call ended. After its message there is nobody left to tell.
pub fn grpc_close(token: u32, status: u32) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_grpc_close(status));
    }
}
