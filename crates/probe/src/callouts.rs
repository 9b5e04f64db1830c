//! Calls to other services, one at a time.

use std::cell::Cell;

use crate::answer::Answer;
use crate::hostcalls::*;
use crate::row::row;

/// `GrpcService { envoy_grpc { cluster_name } }` of each cluster. The cluster `gone` does not exist.
const GRPC: &[u8] = b"\x0a\x06\x0a\x04grpc";
const GRPC_ENDS: &[u8] = b"\x0a\x06\x0a\x04ends";
const GRPC_DOWN: &[u8] = b"\x0a\x06\x0a\x04down";
const GRPC_STREAM: &[u8] = b"\x0a\x06\x0a\x04talk";
const GRPC_MISSING: &[u8] = b"\x0a\x06\x0a\x04gone";

thread_local! {
    static NEXT: Cell<usize> = const { Cell::new(0) };
    static AWAITED: Cell<u32> = const { Cell::new(0) };
    static STREAM: Cell<u32> = const { Cell::new(0) };
}

/// Makes the calls that fail immediately, then the first call that gets a response. Returns `false` if no such call is
/// left.
pub(crate) fn first(phase: &str) -> bool {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    let good = pairs(&[(":method", "GET"), (":path", "/"), (":authority", "a.example")]);
    row("http_call(no such cluster)", http_call("gone", &good, 1000).0);
    row("http_call(no cluster)", http_call("", &good, 1000).0);
    for missing in [":method", ":path", ":authority"] {
        let all = [(":method", "GET"), (":path", "/"), (":authority", "a.example")];
        let others: Vec<_> = all.into_iter().filter(|(name, _)| *name != missing).collect();
        row(&format!("http_call(without {missing})"), http_call("http", &pairs(&others), 1000).0);
    }
    row("http_call(no headers)", http_call("http", &pairs(&[]), 1000).0);
    row("http_call(malformed headers)", http_call("http", b"\xff", 1000).0);
    row("grpc_call(no such cluster)", grpc_call(GRPC_MISSING, "Ask", 1000).0);
    // Not tested: an empty `GrpcService` aborts Envoy, as does one that happens to parse as another kind.
    row("grpc_call(no cluster)", grpc_call(b"\x0a\x02\x0a\x00", "Ask", 1000).0);
    row("grpc_call(rubbish)", grpc_call(b"\xff\xff", "Ask", 1000).0);
    let (answer, token) = grpc_call(GRPC, "Cancelled", 1000);
    row("grpc_call, to be cancelled", answer);
    row("grpc_cancel", grpc_cancel(token));
    row("grpc_cancel again", grpc_cancel(token));
    streams(phase);
    next(phase)
}

/// Opens gRPC streams that fail immediately or are cancelled.
fn streams(phase: &str) {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    row("grpc_stream(no such cluster)", grpc_stream(GRPC_MISSING).0);
    row("grpc_stream(no cluster)", grpc_stream(b"\x0a\x02\x0a\x00").0);
    row("grpc_stream(rubbish)", grpc_stream(b"\xff\xff").0);
    let (answer, token) = grpc_stream(GRPC_STREAM);
    row("grpc_stream, to be cancelled", answer);
    row("grpc_send", grpc_send(token, "one", false));
    row("grpc_send, empty", grpc_send(token, "", false));
    row("grpc_cancel of a stream", grpc_cancel(token));
    row("grpc_cancel of a stream again", grpc_cancel(token));
    row("grpc_send after cancelling", grpc_send(token, "two", false));
    row("grpc_close after cancelling", grpc_close(token));
    let (answer, token) = grpc_stream(GRPC_STREAM);
    row("grpc_stream, to be closed", answer);
    row("grpc_close of a stream", grpc_close(token));
    row("grpc_cancel after closing", grpc_cancel(token));
    let (answer, token) = grpc_call(GRPC, "Cancelled", 1000);
    row("grpc_call, to be closed", answer);
    row("grpc_send on a call", grpc_send(token, "two", false));
    row("grpc_close of a call", grpc_close(token));
    row("grpc_close of a call again", grpc_close(token));
}

/// Makes calls whose responses [`is_awaited`] ignores. Runs in every phase.
pub(crate) fn in_phase(phase: &str) {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    let headers = pairs(&[(":method", "GET"), (":path", "/"), (":authority", "a.example")]);
    row("http_call", http_call("http", &headers, 1000).0);
    row("http_call(gone)", http_call("gone", &headers, 1000).0);
    let (answer, token) = grpc_call(GRPC, "Cancelled", 1000);
    row("grpc_call", answer);
    row("grpc_cancel", grpc_cancel(token));
    let (answer, token) = grpc_stream(GRPC_STREAM);
    row("grpc_stream", answer);
    row("grpc_send on the stream", grpc_send(token, "one", false));
    row("grpc_cancel of the stream", grpc_cancel(token));
}

/// Makes the next call that gets a response. Returns `false` after the last one.
pub(crate) fn next(phase: &str) -> bool {
    let row = |call: &str, answer: Answer| row(phase, call, &answer);
    let headers = pairs(&[(":method", "GET"), (":path", "/"), (":authority", "a.example")]);
    let awaited = |call: &str, (answer, token): (Answer, u32)| {
        AWAITED.set(token);
        row(call, answer);
    };
    let ask = |service| grpc_call(service, "Ask", 5000);
    match NEXT.replace(NEXT.get() + 1) {
        0 => awaited("http_call(answers)", http_call("http", &headers, 5000)),
        1 => awaited("grpc_call(answers)", ask(GRPC)),
        2 => awaited("grpc_call(ends with status 8)", ask(GRPC_ENDS)),
        3 => awaited("grpc_call(refuses connections)", ask(GRPC_DOWN)),
        4 => {
            let (answer, token) = grpc_stream(GRPC_STREAM);
            STREAM.set(token);
            awaited("grpc_stream(answers, ends with status 9)", (answer, token));
            row("grpc_send, to be answered", grpc_send(token, "one", false));
        }
        _ => return false,
    }
    true
}

/// Returns whether this is the token of the last call that [`next`] made.
pub(crate) fn is_awaited(token: u32) -> bool {
    AWAITED.get() == token
}

/// Returns whether this is the token of the stream that [`next`] opened.
pub(crate) fn is_stream(token: u32) -> bool {
    STREAM.get() == token
}

/// Cancels the stream that [`next`] opened, which has ended. Sending on it is not tested: Envoy would use freed memory.
pub(crate) fn cancel_ended(phase: &str) {
    row(phase, "grpc_cancel of the ended stream", &grpc_cancel(STREAM.get()));
    row(phase, "grpc_cancel of the ended stream again", &grpc_cancel(STREAM.get()));
}
