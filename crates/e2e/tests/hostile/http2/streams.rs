//! Streams, their heads and their ends.

use harness::h2::{self, flag, frame, kind};

use super::first::{FLOOD, after, get, then_get};
use crate::exchange::Expected::{Any, Refused, Served};
use crate::kind::Kind;
use crate::message::{Message, STREAM};

/// Returns them.
pub(super) fn all() -> Vec<Kind> {
    let reset = |stream, code: u32| frame(kind::RST_STREAM, 0, stream, &code.to_be_bytes());
    let priority = |on: u32| [&on.to_be_bytes()[..], &[16]].concat();
    let with_priority = |on: u32| {
        let block = h2::fields(Message::get("/").fields());
        let flags = flag::END_STREAM | flag::END_HEADERS | flag::PRIORITY;
        frame(kind::HEADERS, flags, STREAM, &[priority(on), block].concat())
    };
    let rapid: Vec<u8> = (0..20)
        .flat_map(|n| [Message::get("/old/a").frames(2 * n + 1), reset(2 * n + 1, 8)].concat())
        .collect();
    let many: Vec<u8> = (0..20).flat_map(|n| Message::get("/old/a").frames(2 * n + 1)).collect();
    vec![
        then_get("a reset of an idle stream", reset(1, 8), Refused),
        then_get("a reset of the connection", reset(0, 8), Refused),
        then_get("a reset of 3 bytes", frame(kind::RST_STREAM, 0, 1, b"123"), Refused),
        after("a request, then its reset", [get(), reset(1, 0)].concat(), Any),
        after("20 requests, each reset", rapid, Any),
        after("20 requests at once", many, Served),
        after("a request on an even stream", Message::get("/").frames(2), Refused),
        after("a request on stream 0", Message::get("/").frames(0), Refused),
        after(
            "a request on a lower stream",
            [Message::get("/").frames(9), Message::get("/").frames(5)].concat(),
            Any,
        ),
        after("a request on the last stream", Message::get("/").frames(0x7fff_ffff), Any),
        after("two requests on a stream", get().repeat(2), Any),
        then_get("a priority", frame(kind::PRIORITY, 0, 3, &priority(0)), Served),
        then_get("a priority on itself", frame(kind::PRIORITY, 0, 3, &priority(3)), Any),
        then_get("a priority of 4 bytes", frame(kind::PRIORITY, 0, 3, b"1234"), Any),
        then_get("a flood of priorities", frame(kind::PRIORITY, 0, 3, &priority(0)).repeat(FLOOD), Any),
        after("headers with a priority", with_priority(0), Served),
        after("headers that depend on themselves", with_priority(STREAM), Any),
        after("a header in three frames", split(3), Served),
        after("a header in a frame for each byte", split(usize::MAX), Any),
        after("a flood of CONTINUATION", flood(), Refused),
        after("CONTINUATION without a header", frame(kind::CONTINUATION, flag::END_HEADERS, 1, b""), Refused),
        after(
            "CONTINUATION of another stream",
            [unfinished(), frame(kind::CONTINUATION, flag::END_HEADERS, 3, b"")].concat(),
            Refused,
        ),
        after(
            "a ping between CONTINUATION",
            [unfinished(), frame(kind::PING, 0, 0, b"12345678")].concat(),
            Refused,
        ),
        after("headers that never end", unfinished(), Any),
    ]
}

/// A request's head without its end.
fn unfinished() -> Vec<u8> {
    frame(kind::HEADERS, flag::END_STREAM, STREAM, &h2::fields(Message::get("/").fields()))
}

/// A request's head in this many frames, or in one for each byte.
fn split(frames: usize) -> Vec<u8> {
    let block = h2::fields(Message::get("/old/a").fields());
    let size = block.len().checked_div(frames).unwrap_or_default().max(1);
    let first = frame(kind::HEADERS, flag::END_STREAM, STREAM, b"");
    let rest = block.chunks(size).flat_map(|part| frame(kind::CONTINUATION, 0, STREAM, part));
    let last = frame(kind::CONTINUATION, flag::END_HEADERS, STREAM, b"");
    first.into_iter().chain(rest).chain(last).collect()
}

/// Many frames that continue a head without a byte.
fn flood() -> Vec<u8> {
    [unfinished(), frame(kind::CONTINUATION, 0, STREAM, b"").repeat(FLOOD)].concat()
}
