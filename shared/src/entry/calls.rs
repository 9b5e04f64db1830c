//! The table of streams that wait for a call's response.
//!
//! Hosts deliver responses to the plugin, with the call's token. The layer keeps its own table of tokens:
//! proxy-wasm 0.2.5 panics on an unknown token and never frees those of canceled calls.

use std::rc::{Rc, Weak};

use crate::callout::CallResponse;
use crate::vm::{Waiting, current};

pub(super) fn wait(token: u32, stream: Weak<dyn Waiting>) {
    current(|vm| {
        let mut waiting = vm.waiting.borrow_mut();
        match find(&waiting, token) {
            Ok(place) => _ = waiting.get_mut(place).map(|known| *known = (token, stream)),
            Err(place) => waiting.insert(place, (token, stream)),
        }
    });
}

pub(super) fn forget(token: u32) {
    _ = remove(token);
}

/// Finds the place of a token, or the place for it. Hosts count tokens up, so a new one comes last.
fn find(waiting: &[(u32, Weak<dyn Waiting>)], token: u32) -> Result<usize, usize> {
    waiting.binary_search_by_key(&token, |(token, _)| *token)
}

fn remove(token: u32) -> Option<Weak<dyn Waiting>> {
    current(|vm| {
        let mut waiting = vm.waiting.borrow_mut();
        find(&waiting, token).ok().map(|place| waiting.remove(place).1)
    })
}

/// Removes a stream from the table. Do this before you resume the stream, because it may then wait again.
fn take(token: u32) -> Option<Rc<dyn Waiting>> {
    remove(token)?.upgrade()
}

/// Handles the response to an HTTP call. If there are no headers, the call failed.
pub fn http_call_response(token: u32, headers: usize, body_size: usize) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_http(headers, body_size));
    }
}

/// Handles the message of a gRPC call.
pub fn grpc_receive(token: u32, size: usize) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_grpc(size));
    }
}

/// Handles the end of a gRPC call. If its message has arrived, no stream waits for it anymore.
pub fn grpc_close(token: u32, status: u32) {
    if let Some(stream) = take(token) {
        stream.resume(CallResponse::of_grpc_close(status));
    }
}
