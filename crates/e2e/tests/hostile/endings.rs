//! Clients that leave: in every phase of a request, and in every way.

use std::time::Duration;

use harness::h2::{self, flag, frame, kind};

use crate::exchange::{Ending, Expected, Version};
use crate::kind::Kind;
use crate::message::{Message, STREAM, blocks, hello};
use crate::responses;
use crate::upstream::{HANG, RESPONSE};

/// Long enough for Envoy to have read what was sent, and to have asked the upstream.
const AFTER: Duration = Duration::from_millis(4);

const ENDINGS: [(&str, Ending); 5] = [
    ("left at once", Ending::Leave(Duration::ZERO)),
    ("left", Ending::Leave(AFTER)),
    ("reset at once", Ending::Reset(Duration::ZERO)),
    ("reset", Ending::Reset(AFTER)),
    ("half-closed", Ending::HalfClose),
];

/// Returns all of them.
pub(crate) fn all() -> Vec<Kind> {
    phases().into_iter().flat_map(|phase| ENDINGS.map(|ending| of(&phase, ending))).collect()
}

fn of((phase, version, bytes): &(&str, Version, Vec<u8>), (how, ending): (&str, Ending)) -> Kind {
    Kind::new(format!("{phase}, {how}"), *version, bytes.clone(), Expected::Any).ending(ending)
}

/// Returns what is sent before the client leaves.
fn phases() -> Vec<(&'static str, Version, Vec<u8>)> {
    let hanging = Message::get("/old/a").header(HANG, "1");
    let waiting = Message::post("/old/a").header(HANG, "1");
    let number = responses::all().iter().position(|response| response.parts.len() > 1).unwrap_or_default();
    let reading = Message::get("/old/a").header(RESPONSE, number.to_string());
    let post = Message::post("/old/a");
    let half = |bytes: Vec<u8>| bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec();
    let in_body = "POST /old/a HTTP/1.1\r\nhost: a.example\r\ncontent-length: 1000\r\n\r\nhalf of";
    let reset = frame(kind::RST_STREAM, 0, STREAM, &[0, 0, 0, 8]);
    let head = [hello(), blocks(&h2::fields(post.fields()), 0, STREAM)].concat();
    let body = [&*head, &frame(kind::DATA, 0, STREAM, b"half of")].concat();
    vec![
        ("before a byte", Version::Http1, Vec::new()),
        ("in the head", Version::Http1, half(Message::get("/old/a").http1())),
        ("in the body", Version::Http1, in_body.into()),
        ("in the trailers", Version::Http1, half(post.http1())),
        ("waiting", Version::Http1, hanging.http1()),
        ("waiting after a body", Version::Http1, waiting.http1()),
        ("in the response", Version::Http1, reading.http1()),
        ("in the preface", Version::Http2, half(hello())),
        ("in the head", Version::Http2, half(Message::get("/old/a").http2())),
        ("after the head", Version::Http2, head.clone()),
        ("after the head, with its reset", Version::Http2, [head, reset.clone()].concat()),
        ("in the body", Version::Http2, body.clone()),
        ("in the body, with its reset", Version::Http2, [body, reset.clone()].concat()),
        ("waiting", Version::Http2, hanging.http2()),
        ("waiting, with its reset", Version::Http2, [hanging.http2(), reset.clone()].concat()),
        ("waiting after a body", Version::Http2, waiting.http2()),
        ("in the response", Version::Http2, reading.http2()),
        ("in the response, with its reset", Version::Http2, [reading.http2(), reset].concat()),
        (
            "with a frame of data to come",
            Version::Http2,
            [hello(), frame(kind::DATA, flag::PADDED, STREAM, b"")].concat(),
        ),
    ]
}
