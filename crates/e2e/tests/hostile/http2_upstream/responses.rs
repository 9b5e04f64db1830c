//! Hostile responses in HTTP/2.

use harness::h2::{self, flag, frame, kind, literal, setting, settings};

use crate::message::blocks;

/// Frames in a flood.
const FLOOD: usize = 500;

/// A response.
#[derive(Clone, Copy)]
pub(super) struct Response {
    pub(super) name: &'static str,
    /// Makes its frames for a stream.
    pub(super) frames: fn(u32) -> Vec<u8>,
}

/// Returns the frames of an ordinary response.
pub(super) fn ordinary(stream: u32) -> Vec<u8> {
    [open(stream, &[(":status", "200"), ("x-cost", "1")]), data(stream, flag::END_STREAM, b"{}")].concat()
}

/// Returns all hostile ones.
pub(super) fn all() -> Vec<Response> {
    let of = |(name, frames): (&'static str, fn(u32) -> Vec<u8>)| Response { name, frames };
    heads().into_iter().chain(fields()).chain(bodies()).chain(connections()).map(of).collect()
}

type Named = (&'static str, fn(u32) -> Vec<u8>);

fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    h2::fields(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}

/// A head that is not the end.
fn open(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    blocks(&block(fields), 0, stream)
}

/// A head that is the end.
fn end(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    blocks(&block(fields), flag::END_STREAM, stream)
}

/// A head with status 200 and this field.
fn with(stream: u32, name: &[u8], value: &[u8]) -> Vec<u8> {
    blocks(&[block(&[(":status", "200")]), literal(name, value)].concat(), flag::END_STREAM, stream)
}

fn ok(stream: u32) -> Vec<u8> {
    open(stream, &[(":status", "200")])
}

fn data(stream: u32, flags: u8, bytes: &[u8]) -> Vec<u8> {
    frame(kind::DATA, flags, stream, bytes)
}

fn heads() -> Vec<Named> {
    vec![
        ("nothing but a reset", |s| frame(kind::RST_STREAM, 0, s, &[0, 0, 0, 2])),
        ("a refusal", |s| frame(kind::RST_STREAM, 0, s, &[0, 0, 0, 7])),
        ("no status", |s| end(s, &[("x-a", "1")])),
        ("no headers", |s| end(s, &[])),
        ("two statuses", |s| end(s, &[(":status", "200"), (":status", "404")])),
        ("a status of letters", |s| end(s, &[(":status", "abc")])),
        ("status 0", |s| end(s, &[(":status", "0")])),
        ("status 99999999999", |s| end(s, &[(":status", "99999999999")])),
        ("a status after a header", |s| end(s, &[("x-a", "1"), (":status", "200")])),
        ("a path", |s| end(s, &[(":status", "200"), (":path", "/")])),
        ("101", |s| end(s, &[(":status", "101")])),
        ("100 at the end", |s| end(s, &[(":status", "100")])),
        ("100 a hundred times", |s| [open(s, &[(":status", "100")]).repeat(100), ordinary(s)].concat()),
        ("two heads", |s| [ok(s), ok(s)].concat()),
        ("a head on another stream", |s| end(s.saturating_add(2), &[(":status", "200")])),
        ("a head on an even stream", |s| end(s.saturating_add(1), &[(":status", "200")])),
        ("a head that depends on itself", |s| {
            let payload = [&s.to_be_bytes()[..], &[16, 0x88]].concat();
            frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM | flag::PRIORITY, s, &payload)
        }),
        ("a head in many frames", |s| {
            let rest = frame(kind::CONTINUATION, 0, s, b"").repeat(FLOOD);
            [frame(kind::HEADERS, flag::END_STREAM, s, &block(&[(":status", "200")])), rest].concat()
        }),
        ("a head that never ends", |s| frame(kind::HEADERS, 0, s, &block(&[(":status", "200")]))),
        ("a bad index", |s| blocks(b"\x88\xfe", flag::END_STREAM, s)),
        ("a bad Huffman code", |s| blocks(b"\x88\0\x03x-a\x84\xff\xff\xff\xff", flag::END_STREAM, s)),
    ]
}

fn fields() -> Vec<Named> {
    vec![
        ("a name in capitals", |s| with(s, b"X-A", b"1")),
        ("an empty name", |s| with(s, b"", b"1")),
        ("NUL in a value", |s| with(s, b"x-a", b"a\0b")),
        ("CR LF in a value", |s| with(s, b"x-a", b"a\r\nx-b: 1")),
        ("CR LF in a location", |s| with(s, b"location", b"http://shop.internal:8080/a\r\nx-b: 1")),
        ("ff in a cookie", |s| with(s, b"set-cookie", b"a=\xff; Path=/\xff; Domain=\xff")),
        ("a space in a name", |s| with(s, b"x a", b"1")),
        ("transfer-encoding", |s| with(s, b"transfer-encoding", b"chunked")),
        ("connection", |s| with(s, b"connection", b"close")),
        ("a value of 60 KiB", |s| with(s, b"x-a", &[b'a'; 60 << 10])),
        ("a value of 200 KiB", |s| with(s, b"x-a", &[b'a'; 200 << 10])),
        ("1000 headers", |s| {
            blocks(
                &[block(&[(":status", "200")]), literal(b"x-a", b"1").repeat(1000)].concat(),
                flag::END_STREAM,
                s,
            )
        }),
        ("two content lengths", |s| {
            end(s, &[(":status", "200"), ("content-length", "1"), ("content-length", "2")])
        }),
        ("a cost that is none", |s| end(s, &[(":status", "200"), ("x-cost", "1, 2")])),
    ]
}

fn bodies() -> Vec<Named> {
    vec![
        ("data before the head", |s| [data(s, 0, b"abc"), ok(s)].concat()),
        ("data after the end", |s| [ordinary(s), data(s, 0, b"abc")].concat()),
        ("data without an end, and a reset", |s| {
            [ok(s), data(s, 0, b"abc"), frame(kind::RST_STREAM, 0, s, &[0, 0, 0, 8])].concat()
        }),
        ("a whole response, and a reset", |s| [ordinary(s), frame(kind::RST_STREAM, 0, s, &[0; 4])].concat()),
        ("a flood of empty data", |s| [ok(s), data(s, 0, b"").repeat(FLOOD), data(s, 1, b"")].concat()),
        ("more than content-length", |s| {
            [open(s, &[(":status", "200"), ("content-length", "1")]), data(s, 1, b"abc")].concat()
        }),
        ("less than content-length", |s| {
            [open(s, &[(":status", "200"), ("content-length", "9")]), data(s, 1, b"abc")].concat()
        }),
        ("204 with data", |s| [open(s, &[(":status", "204")]), data(s, 1, b"abc")].concat()),
        ("more padding than data", |s| [ok(s), data(s, flag::PADDED, b"\xffabc")].concat()),
        ("trailers", |s| {
            [ok(s), data(s, 0, b"{}"), end(s, &[("x-internal-a", "1"), ("x-sum", "1")])].concat()
        }),
        ("a status in trailers", |s| [ok(s), data(s, 0, b"{}"), end(s, &[(":status", "200")])].concat()),
        ("bad trailers", |s| [ok(s), end(s, &[("x a", "\0")])].concat()),
        ("trailers of gRPC", |s| {
            [ok(s), end(s, &[("grpc-status", "99999999999"), ("grpc-message", "%zz%00")])].concat()
        }),
    ]
}

fn connections() -> Vec<Named> {
    vec![
        ("GOAWAY", |_| frame(kind::GOAWAY, 0, 0, &[0; 8])),
        ("a response, then GOAWAY", |s| {
            [ordinary(s), frame(kind::GOAWAY, 0, 0, &[0x7f, 255, 255, 255, 0, 0, 0, 0])].concat()
        }),
        ("a promise", |s| {
            [frame(kind::PUSH_PROMISE, flag::END_HEADERS, s, &[0, 0, 0, 2, 0x88]), ordinary(s)].concat()
        }),
        ("a window of 0", |s| [frame(kind::WINDOW_UPDATE, 0, s, &[0; 4]), ordinary(s)].concat()),
        ("windows that overflow", |s| frame(kind::WINDOW_UPDATE, 0, s, &[0x7f, 255, 255, 255]).repeat(2)),
        ("bad settings", |_| settings(&[(setting::MAX_FRAME_SIZE, 1)])),
        ("a flood of settings", |s| [settings(&[]).repeat(FLOOD), ordinary(s)].concat()),
        ("a flood of pings", |s| [frame(kind::PING, 0, 0, &[0; 8]).repeat(FLOOD), ordinary(s)].concat()),
        ("unknown frames", |s| [frame(0xfa, 0xff, s, b"whatever").repeat(10), ordinary(s)].concat()),
        ("a frame that is too long", |_| frame(0xfa, 0, 0, &vec![0; (1 << 24) - 1])),
        ("HTTP/1.1", |_| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("random bytes", |_| vec![0x5a; 300]),
    ]
}
