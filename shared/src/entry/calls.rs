//! Which stream waits for which call.
//!
//! Hosts deliver call responses to the plugin, with the call's token. This register is the layer's own:
//! proxy-wasm 0.2.5 panics on a token it does not know and keeps those of cancelled calls for ever.

use std::rc::{Rc, Weak};

use super::vm::current;
use crate::callout::CallResponse;

/// A stream that waits.
pub(super) trait Waiting {
    /// The answer is there.
    fn answered(self: Rc<Self>, answer: CallResponse);
}

pub(super) fn wait(token: u32, stream: Weak<dyn Waiting>) {
    current(|vm| vm.waiting.borrow_mut().insert(token, stream));
}

pub(super) fn forget(token: u32) {
    current(|vm| vm.waiting.borrow_mut().remove(&token));
}

/// Takes the stream out of the register before anything else: going on, it may wait again.
fn take(token: u32) -> Option<Rc<dyn Waiting>> {
    current(|vm| vm.waiting.borrow_mut().remove(&token))?.upgrade()
}

/// An HTTP call was answered, or failed if there are no headers.
pub fn http_call_answered(token: u32, headers: usize, body_size: usize) {
    if let Some(stream) = take(token) {
        stream.answered(CallResponse::to_http(headers, body_size));
    }
}

/// A gRPC call brought its message.
pub fn grpc_call_received(token: u32, size: usize) {
    if let Some(stream) = take(token) {
        stream.answered(CallResponse::to_grpc(size));
    }
}

/// A gRPC call ended. After a message this is nothing new.
pub fn grpc_call_closed(token: u32, status: u32) {
    if let Some(stream) = take(token) {
        stream.answered(CallResponse::to_grpc_close(status));
    }
}
