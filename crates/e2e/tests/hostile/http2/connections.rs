//! The connection's own frames.

use harness::h2::{PREFACE, flag, frame, kind, setting, settings};

use super::first::{FLOOD, after, get, then_get};
use crate::exchange::Expected::{Any, Refused, Served};
use crate::exchange::Version;
use crate::kind::Kind;
use crate::message::hello;

/// Returns them.
pub(super) fn all() -> Vec<Kind> {
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
