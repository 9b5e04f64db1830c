//! The callbacks.

use std::cell::Cell;

use crate::answer::Answer;
use crate::row::row;
use crate::{callouts, calls, commands, hostcalls};

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;

/// Requests with this target run the calls in every phase. Other requests carry a command.
const OBSERVED: &[u8] = b"/observe?a=b";

/// Requests with this target do the same, but hold bodies until the trailers.
const OBSERVED_HOLDING: &[u8] = b"/observe?hold";

#[unsafe(no_mangle)]
extern "C" fn _initialize() {}

thread_local! {
    /// The context of the observed stream.
    static OBSERVED_STREAM: Cell<u32> = const { Cell::new(0) };
    /// The root context.
    static ROOT: Cell<u32> = const { Cell::new(0) };
    static TICKED: Cell<bool> = const { Cell::new(false) };
    /// The number of body parts that the observed stream has held, if it holds bodies.
    static HELD: Cell<Option<u32>> = const { Cell::new(None) };
    /// Whether the observed stream had trailers.
    static TRAILERS: Cell<bool> = const { Cell::new(false) };
}

fn is_observed(context: u32) -> bool {
    OBSERVED_STREAM.get() == context
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Allocates memory for what the host returns. `hostcalls` frees it.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    let memory = vec![0; size].into_boxed_slice();
    Box::leak(memory).as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
    if parent == 0 {
        ROOT.set(context);
        calls::in_phase("plugin created");
        calls::writes("plugin created");
    } else if OBSERVED_STREAM.get() == 0 {
        calls::in_phase("stream created");
        calls::writes("stream created");
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_context: u32, _size: usize) -> u32 {
    calls::in_phase("configure");
    calls::writes("configure");
    calls::once();
    row("configure", "set_tick_period(100)", &hostcalls::set_tick_period(100));
    1
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(_context: u32) {
    if !TICKED.replace(true) {
        calls::in_phase("tick");
        calls::writes("tick");
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, _count: usize, _end_of_stream: u32) -> u32 {
    let Answer::Bytes(path) = hostcalls::get_header(0, ":path") else { return CONTINUE };
    HELD.set((path == OBSERVED_HOLDING).then_some(0));
    if path != OBSERVED && HELD.get().is_none() {
        return commands::in_request_headers(context);
    }
    OBSERVED_STREAM.set(context);
    calls::in_phase("request headers");
    calls::writes("request headers");
    if callouts::first("request headers") { PAUSE } else { CONTINUE }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(
    _context: u32,
    token: u32,
    headers: usize,
    body_size: usize,
    _trailers: usize,
) {
    if !callouts::is_awaited(token) {
        return;
    }
    let phase = "http call response";
    row(
        phase,
        "answer",
        &Answer::Bytes(format!("{} headers, {body_size} bytes", headers.min(1)).into_bytes()),
    );
    calls::in_phase(phase);
    calls::writes(phase);
    callouts::next(phase);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive(_context: u32, token: u32, size: usize) {
    let is_stream = callouts::is_stream(token);
    let phase = if is_stream { "grpc stream message" } else { "grpc message" };
    row(phase, "answer", &Answer::Number(size as u64));
    calls::in_phase(phase);
    calls::writes(phase);
    if !is_stream {
        callouts::next(phase);
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_initial_metadata(_context: u32, _token: u32, _count: usize) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_trailing_metadata(_context: u32, _token: u32, _count: usize) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_close(_context: u32, token: u32, status: u32) {
    if !callouts::is_awaited(token) {
        return row("grpc end, of a call that could not be made", "answer", &Answer::Number(status.into()));
    }
    let phase = format!("grpc end, status {status}");
    calls::in_phase(&phase);
    calls::writes(&phase);
    if callouts::is_stream(token) {
        callouts::cancel_ended(&phase);
    }
    if !callouts::next(&phase) {
        let stream = OBSERVED_STREAM.get();
        row(&phase, "set_effective_context(stream)", &hostcalls::set_effective_context(stream));
        calls::in_phase("grpc end, as the stream");
        calls::writes("grpc end, as the stream");
        row("grpc end, as the stream", "continue_stream(0)", &hostcalls::continue_stream(0));
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(context: u32, size: usize, end_of_stream: u32) -> u32 {
    if !is_observed(context) {
        return commands::in_phase("request body", context);
    }
    body("request body", size, end_of_stream)
}

fn body(phase: &str, size: usize, end_of_stream: u32) -> u32 {
    let Some(parts) = HELD.get() else {
        let phase = if end_of_stream == 0 { phase } else { &format!("{phase}, end") };
        calls::in_phase(phase);
        calls::writes(phase);
        return CONTINUE;
    };
    HELD.set(Some(parts + 1));
    let phase = format!("{phase}, part {parts}, held");
    row(&phase, "size", &Answer::Number(size as u64));
    calls::in_phase(&phase);
    calls::writes(&phase);
    PAUSE
}

fn trailers(phase: &str) {
    let phase = if HELD.get().is_some() { &format!("{phase}, body held") } else { phase };
    calls::in_phase(phase);
    calls::writes(phase);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(context: u32, _count: usize) -> u32 {
    if is_observed(context) {
        TRAILERS.set(true);
        trailers("request trailers");
    }
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(context: u32, _count: usize, _end_of_stream: u32) -> u32 {
    if !is_observed(context) {
        return commands::in_phase("response headers", context);
    }
    calls::in_phase("response headers");
    calls::writes("response headers");
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_body(context: u32, size: usize, end_of_stream: u32) -> u32 {
    if !is_observed(context) {
        return commands::in_phase("response body", context);
    }
    body("response body", size, end_of_stream)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_trailers(context: u32, _count: usize) -> u32 {
    if is_observed(context) {
        trailers("response trailers");
    }
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_new_connection(_context: u32) -> u32 {
    if OBSERVED_STREAM.get() == 0 {
        calls::in_phase("new connection");
        calls::writes("new connection");
    }
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_data(context: u32, _size: usize, end_of_stream: u32) -> u32 {
    OBSERVED_STREAM.set(context);
    commands::in_downstream_data();
    let phase = if end_of_stream == 0 { "downstream data" } else { "downstream data, end" };
    calls::in_phase(phase);
    calls::writes(phase);
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_data(_context: u32, _size: usize, end_of_stream: u32) -> u32 {
    let phase = if end_of_stream == 0 { "upstream data" } else { "upstream data, end" };
    calls::in_phase(phase);
    calls::writes(phase);
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_log(context: u32) {
    if is_observed(context) {
        let phase = match (TRAILERS.get(), HELD.get()) {
            (_, Some(_)) => "log, after holding",
            (true, None) => "log, after trailers",
            (false, None) => "log",
        };
        calls::in_phase(phase);
        calls::writes(phase);
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(context: u32) {
    if is_observed(context) {
        let phase = match (TRAILERS.get(), HELD.get()) {
            (_, Some(_)) => "deleted, after holding",
            (true, None) => "deleted, after trailers",
            (false, None) => "deleted",
        };
        calls::in_phase(phase);
        calls::writes(phase);
    }
}
