//! The host's callbacks for the responses to calls.

use crate::callout::CallResponse;
use crate::callout::table::{len, take};

/// Returns the number of calls that wait for a response in this VM, for tests.
pub fn waiting() -> usize {
    len()
}

/// Handles the response to an HTTP call. If there are no headers, the call failed.
pub fn http_call_response(token: u32, headers: usize, body_size: usize) {
    if let Some(waiting) = take(token) {
        waiting.resume(CallResponse::of_http(headers, body_size));
    }
}

/// Handles a message of a gRPC call or stream.
pub fn grpc_receive(token: u32, size: usize) {
    if let Some(waiting) = take(token) {
        waiting.resume(CallResponse::of_grpc(size));
    }
}

/// Handles the end of a gRPC call or stream. If nothing waits for it, as after a unary call's message, it is ignored.
pub fn grpc_close(token: u32, status: u32) {
    if let Some(waiting) = take(token) {
        waiting.close(status);
    }
}
