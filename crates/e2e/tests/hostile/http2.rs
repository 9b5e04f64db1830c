//! What only HTTP/2 can say: frames, settings, windows, and compressed headers.

use std::time::Duration;

use harness::h2::{self, PREFACE, flag, frame, kind, literal, setting, settings};

use crate::exchange::Expected::{self, Any, Refused, Served};
use crate::exchange::Version;
use crate::kind::Kind;
use crate::message::{Message, STREAM, blocks, hello};
use crate::upstream::SMUGGLED;

/// Frames in a flood: more than Envoy accepts in some kinds.
const FLOOD: usize = 2000;

/// Returns all of them.
pub(crate) fn all() -> Vec<Kind> {
    connections()
        .into_iter()
        .chain(streams())
        .chain(data())
        .chain(compressed())
        .chain(pseudo())
        .chain(slow())
        .collect()
}

/// Frames after the client's first ones.
fn after(name: &str, frames: impl AsRef<[u8]>, expected: Expected) -> Kind {
    Kind::new(name, Version::Http2, [&*hello(), frames.as_ref()].concat(), expected)
}

fn get() -> Vec<u8> {
    Message::get("/old/a").frames(STREAM)
}

/// Frames, then a request.
fn then_get(name: &str, frames: impl AsRef<[u8]>, expected: Expected) -> Kind {
    after(name, [frames.as_ref(), &get()].concat(), expected)
}

/// The connection's own frames.
fn connections() -> Vec<Kind> {
    let raw = |name: &str, bytes: &[u8]| Kind::new(name, Version::Http2, bytes.to_vec(), Any);
    let ping = frame(kind::PING, 0, 0, b"12345678");
    let go_away = frame(kind::GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]);
    let window = |stream, size: u32| frame(kind::WINDOW_UPDATE, 0, stream, &size.to_be_bytes());
    vec![
        then_get("a request", "", Served),
        raw("only the preface", PREFACE),
        raw("half of the preface", PREFACE.get(..10).unwrap_or_default()),
        raw("a wrong preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
        raw("no settings", &[PREFACE, &get()].concat()),
        raw("a ping before settings", &[PREFACE, &*ping].concat()),
        raw("two prefaces", &[&*hello(), PREFACE, &get()].concat()),
        then_get(
            "settings with a bad window",
            settings(&[(setting::INITIAL_WINDOW_SIZE, u32::MAX)]),
            Refused,
        ),
        then_get("settings with frames of 0", settings(&[(setting::MAX_FRAME_SIZE, 0)]), Refused),
        then_get("settings with a bad push", settings(&[(setting::ENABLE_PUSH, 2)]), Refused),
        then_get("settings with a table of 4 GiB", settings(&[(setting::HEADER_TABLE_SIZE, u32::MAX)]), Any),
        then_get("settings without a table", settings(&[(setting::HEADER_TABLE_SIZE, 0)]), Served),
        then_get("unknown settings", settings(&[(0xfff0, 7), (0, 0)]), Any),
        then_get("settings on a stream", frame(kind::SETTINGS, 0, 1, b""), Refused),
        then_get("settings of 5 bytes", frame(kind::SETTINGS, 0, 0, b"12345"), Refused),
        then_get("an acknowledgment with settings", frame(kind::SETTINGS, flag::ACK, 0, &[0; 6]), Refused),
        then_get("acknowledgments of nothing", frame(kind::SETTINGS, flag::ACK, 0, b"").repeat(20), Any),
        then_get("a flood of settings", settings(&[]).repeat(FLOOD), Any),
        then_get("a flood of pings", ping.repeat(FLOOD), Any),
        then_get("a ping of 7 bytes", frame(kind::PING, 0, 0, b"1234567"), Refused),
        then_get("a ping on a stream", frame(kind::PING, 0, 1, b"12345678"), Refused),
        then_get("GOAWAY, then a request", &*go_away, Any),
        then_get("GOAWAY on a stream", frame(kind::GOAWAY, 0, 1, &[0; 8]), Refused),
        after("a request, then GOAWAY", [get(), go_away].concat(), Any),
        then_get("a window of 0", window(0, 0), Refused),
        then_get("a window that overflows", window(0, 0x7fff_ffff).repeat(2), Refused),
        then_get("a window of an idle stream", window(7, 1), Refused),
        then_get("a window of 3 bytes", frame(kind::WINDOW_UPDATE, 0, 0, b"123"), Refused),
        then_get("a flood of windows", window(0, 1).repeat(FLOOD), Any),
        then_get("a promise", frame(kind::PUSH_PROMISE, flag::END_HEADERS, 1, &[0, 0, 0, 2]), Refused),
        then_get("an unknown frame", frame(0xfa, 0xff, 5, b"whatever"), Any),
        then_get("a flood of unknown frames", frame(0xfa, 0, 0, b"").repeat(FLOOD), Any),
        then_get("a frame that is too long", frame(0xfa, 0, 0, &vec![0; (16 << 10) + 1]), Refused),
        then_get("a frame that never ends", b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", Any),
        after(
            "no window for responses",
            [settings(&[(setting::INITIAL_WINDOW_SIZE, 0)]), get()].concat(),
            Any,
        ),
    ]
}

/// Streams and their ends.
fn streams() -> Vec<Kind> {
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

/// Bodies.
fn data() -> Vec<Kind> {
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

/// Blocks of headers that are not HPACK.
fn compressed() -> Vec<Kind> {
    let block =
        |name: &str, bytes: &[u8], expected| after(name, blocks(bytes, flag::END_STREAM, STREAM), expected);
    let request = h2::fields(Message::get("/").fields());
    let with = |bytes: &[u8]| [&*request, bytes].concat();
    // `x-a` with 4 KiB in the table, then a thousand references to it.
    let entry = [&[0x40][..], literal(b"x-a", &[b'a'; 4000]).get(1..).unwrap_or_default()].concat();
    let bomb = [entry, vec![0xbe; 1000]].concat();
    vec![
        block("static entries", b"\x82\x86\x84\x41\x09a.example", Served),
        block("index 0", &with(b"\x80"), Refused),
        block("an index beyond the table", &with(b"\xfe"), Refused),
        block("an endless index", &with(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Refused),
        block("an endless length", &with(b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Refused),
        block("a length beyond the block", &with(b"\x00\x03x-a\x7e"), Refused),
        block("a bad Huffman code", &with(b"\x00\x03x-a\x84\xff\xff\xff\xff"), Refused),
        block("a table of 4 GiB", &[b"\x3f\xff\xff\xff\xff\x0f", &*request].concat(), Refused),
        block("a table size at the end", &with(b"\x20"), Refused),
        block("a value that is never indexed", &with(b"\x10\x03x-a\x01b"), Served),
        block("a bomb", &with(&bomb), Refused),
        block("no headers", b"", Refused),
        block("random bytes", &[0x5a; 300], Refused),
    ]
}

/// Pseudo-headers.
fn pseudo() -> Vec<Kind> {
    let of = |name: &str, fields: &[(&str, &str)], expected| {
        let block = h2::fields(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        after(name, blocks(&block, flag::END_STREAM, STREAM), expected)
    };
    let [method, scheme, path, host] =
        [(":method", "GET"), (":scheme", "http"), (":path", "/old/a"), (":authority", "a.example")];
    let connect = (":method", "CONNECT");
    let line = format!("a\r\n\r\nGET {SMUGGLED} HTTP/1.1\r\nhost: b\r\n\r\n");
    vec![
        of("a request in a value", &[method, scheme, path, host, ("x-any", &line)], Refused),
        of("a request in a path", &[method, scheme, (":path", &line), host], Refused),
        of("a request in a host", &[method, scheme, path, (":authority", &line)], Refused),
        of("no method", &[scheme, path, host], Refused),
        of("no scheme", &[method, path, host], Refused),
        of("no path", &[method, scheme, host], Refused),
        of("no authority", &[method, scheme, path], Any),
        of("no authority, but a host", &[method, scheme, path, ("host", "a.example")], Any),
        of("a host and another authority", &[method, scheme, path, host, ("host", "b.example")], Any),
        of("two methods", &[method, method, scheme, path, host], Refused),
        of("two paths", &[method, scheme, path, path, host], Refused),
        of("two authorities", &[method, scheme, path, host, host], Refused),
        of("a path after a header", &[method, scheme, host, ("x-a", "1"), path], Refused),
        of("an unknown pseudo-header", &[method, scheme, path, host, (":forged", "1")], Refused),
        of("a status", &[method, scheme, path, host, (":status", "200")], Refused),
        of("a name in capitals", &[method, scheme, path, host, ("X-A", "1")], Refused),
        of("an empty name", &[method, scheme, path, host, ("", "1")], Any),
        of("te: gzip", &[method, scheme, path, host, ("te", "gzip")], Any),
        of("transfer-encoding", &[method, scheme, path, host, ("transfer-encoding", "chunked")], Refused),
        of("upgrade", &[method, scheme, path, host, ("upgrade", "h2c")], Refused),
        of("scheme file", &[method, (":scheme", "file"), path, host], Any),
        of("an empty scheme", &[method, (":scheme", ""), path, host], Any),
        of("CONNECT", &[connect, (":authority", "a.example:443")], Any),
        of("CONNECT with a path", &[connect, path, host], Refused),
        of("CONNECT without an authority", &[connect], Refused),
        of("extended CONNECT", &[connect, scheme, path, host, (":protocol", "websocket")], Any),
        of("extended CONNECT to nothing", &[connect, scheme, path, host, (":protocol", "")], Any),
        of("extended GET", &[method, scheme, path, host, (":protocol", "websocket")], Refused),
    ]
}

/// Small parts. The first is the preface, by which Envoy knows the protocol.
fn slow() -> Vec<Kind> {
    vec![then_get("slow frames", "", Served).slowly(PREFACE.len(), Duration::from_millis(1))]
}
