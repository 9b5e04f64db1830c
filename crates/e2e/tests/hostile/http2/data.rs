//! Bodies and trailers.

use harness::h2::{self, flag, frame, kind, literal};

use super::first::{FLOOD, after, get};
use crate::exchange::Expected::{Any, Refused, Served};
use crate::kind::Kind;
use crate::message::{Message, STREAM, blocks};

/// Returns them.
pub(super) fn all() -> Vec<Kind> {
    let open = |headers: Message| blocks(&h2::fields(headers.fields()), 0, STREAM);
    let post = || open(Message { method: b"POST".into(), ..Message::get("/old/a") });
    let sized = |length: &str| {
        open(Message { method: b"POST".into(), ..Message::get("/").header("content-length", length) })
    };
    let data = |flags, bytes: &[u8]| frame(kind::DATA, flags, STREAM, bytes);
    let end = |bytes: &[u8]| data(flag::END_STREAM, bytes);
    let big = vec![0; 16 << 10];
    vec![
        after("a body", [post(), end(b"abc")].concat(), Served),
        after(
            "a padded body",
            [post(), data(flag::PADDED | flag::END_STREAM, b"\x02abc\0\0")].concat(),
            Served,
        ),
        after(
            "more padding than body",
            [post(), data(flag::PADDED | flag::END_STREAM, b"\xffabc")].concat(),
            Refused,
        ),
        after("padding without its size", [post(), data(flag::PADDED, b"")].concat(), Refused),
        after(
            "more padding than headers",
            frame(kind::HEADERS, flag::PADDED | flag::END_HEADERS, 1, b"\xff\x82"),
            Refused,
        ),
        after("data on stream 0", frame(kind::DATA, 0, 0, b"abc"), Refused),
        after("data on an idle stream", frame(kind::DATA, 0, 5, b"abc"), Refused),
        after("data after the end", [get(), data(0, b"abc")].concat(), Any),
        after("a flood of empty data", [post(), data(0, b"").repeat(FLOOD), end(b"")].concat(), Any),
        after("more data than the window", [post(), data(0, &big).repeat(40)].concat(), Any),
        after("more than content-length", [sized("2"), end(b"abc")].concat(), Refused),
        after("less than content-length", [sized("9"), end(b"abc")].concat(), Refused),
        after("a content-length that is none", [sized("a"), end(b"abc")].concat(), Refused),
        after(
            "trailers without an end",
            [post(), blocks(&literal(b"x-a", b"1"), 0, STREAM)].concat(),
            Refused,
        ),
        after(
            "a pseudo-header in trailers",
            [post(), blocks(&literal(b":path", b"/"), flag::END_STREAM, STREAM)].concat(),
            Refused,
        ),
        after(
            "data after trailers",
            [post(), blocks(&literal(b"x-a", b"1"), flag::END_STREAM, STREAM), end(b"")].concat(),
            Any,
        ),
        after("a body without an end", post(), Any),
    ]
}
