//! Hostile requests that both versions of HTTP can carry.

mod headers;
mod places;

use crate::exchange::Expected::{Any, Refused, Served};
use crate::kind::Kind;
use crate::message::{Field, Message};
use crate::responses;
use crate::upstream::RESPONSE;

/// Bytes that do not belong everywhere.
const BYTES: [u8; 14] = [0, 1, b'\t', b'\n', b'\r', 0x1f, b' ', b'"', b'#', b'\\', 0x7f, 0x80, 0xc3, 0xff];

/// Sizes of values: small, more than a frame, and more than most servers accept.
const SIZES: [usize; 3] = [1 << 10, (16 << 10) + 1, 60 << 10];

/// Numbers of headers.
const COUNTS: [usize; 2] = [100, 1000];

/// Makes a request with some bytes.
type With = fn(&[u8]) -> Message;

/// Where a client can put bytes.
const PLACES: [(&str, With); 11] = [
    ("method", |bytes| Message { method: [b"G", bytes, b"T"].concat(), ..Message::get("/") }),
    ("path", |bytes| Message::get([b"/users/", bytes, b"/posts/", bytes].concat())),
    ("query", |bytes| Message::get([b"/old/?q=", bytes, b"&", bytes, b"=1"].concat())),
    ("host", |bytes| Message { host: [b"a", bytes, b".example"].concat(), ..Message::get("/host/a") }),
    ("name", |bytes| Message::get("/").header([b"x-", bytes, b"a"].concat(), "1")),
    ("value", |bytes| Message::get("/").header("x-any", [b"a", bytes, b"b"].concat())),
    ("key", |bytes| Message::get("/").header("x-api-key", bytes)),
    ("cookie", |bytes| Message::get("/").header("cookie", [b"session=1; c=", bytes].concat())),
    ("agent", |bytes| Message::get("/agent/a").header("user-agent", bytes).header("x-user", bytes)),
    ("trailer name", |bytes| trailer([b"x-", bytes, b"a"].concat(), b"1".to_vec())),
    ("trailer value", |bytes| trailer(b"x-any".to_vec(), [b"a", bytes, b"b"].concat())),
];

/// Returns all of them, for both versions.
pub(crate) fn all() -> Vec<Kind> {
    bytes()
        .into_iter()
        .chain(sizes())
        .chain(places::all())
        .chain(headers::all())
        .chain(of_responses())
        .flatten()
        .collect()
}

fn trailer(name: Vec<u8>, value: Vec<u8>) -> Message {
    Message { trailers: vec![(name, value)], ..Message::post("/") }
}

/// Every byte in every place.
fn bytes() -> Vec<[Kind; 2]> {
    let of = |(place, message): &(&str, With)| {
        BYTES
            .map(|byte| {
                // A line ends at CR LF in HTTP/1.1, and HTTP/2 has no lines.
                let expected = match byte {
                    0 => [Refused; 2],
                    b'\r' | b'\n' => [Any, Refused],
                    _ => [Any; 2],
                };
                Kind::each(&format!("byte {byte:02x} in the {place}"), &message(&[byte]), expected)
            })
            .to_vec()
    };
    PLACES.iter().flat_map(of).collect()
}

/// Every size in every place, and many headers.
fn sizes() -> Vec<[Kind; 2]> {
    let of = |(place, message): &(&str, With)| {
        let expected = |size: usize| {
            if matches!(*place, "value" | "key" | "cookie") && size < 64 << 10 { Served } else { Any }
        };
        SIZES
            .map(|size| {
                let name = format!("{size} bytes in the {place}");
                Kind::both(&name, &message(&b"ab".repeat(size / 2)), expected(size))
            })
            .to_vec()
    };
    let many = |count: usize| {
        let headers: Vec<Field> =
            (0..count).map(|number| (format!("x-{number}").into(), b"1".into())).collect();
        let same = vec![(b"x-any".to_vec(), b"a".to_vec()); count];
        let crumbs: Vec<Field> =
            (0..count).map(|number| (b"cookie".into(), format!("c{number}=1").into())).collect();
        [("headers", headers), ("headers of one name", same), ("crumbs of cookies", crumbs)].map(
            |(what, headers)| {
                Kind::both(&format!("{count} {what}"), &Message { headers, ..Message::get("/") }, Served)
            },
        )
    };
    PLACES.iter().flat_map(of).chain(COUNTS.into_iter().flat_map(many)).collect()
}

/// A request for each hostile response of the upstream.
fn of_responses() -> Vec<[Kind; 2]> {
    let of = |(number, response): (usize, responses::Response)| {
        let expected = if response.passes { Served } else { Any };
        let message = Message::get("/shop/e/1/by/2").header(RESPONSE, number.to_string());
        Kind::both(&format!("response: {}", response.name), &message, expected)
    };
    responses::all().into_iter().enumerate().map(of).collect()
}
