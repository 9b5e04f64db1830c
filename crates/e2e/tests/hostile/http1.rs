//! What only HTTP/1.1 can say: framing, versions, pipelining, and senders that are slow.

use std::time::Duration;

use crate::exchange::Ending::HalfClose;
use crate::exchange::Expected::{self, Any, Refused, Served};
use crate::exchange::Version;
use crate::kind::Kind;
use crate::message::Message;

/// The pause between the parts of a slow request.
const PAUSE: Duration = Duration::from_millis(2);

/// Returns all of them.
pub(crate) fn all() -> Vec<Kind> {
    framing().into_iter().chain(lines()).chain(upgrades()).chain(slow()).collect()
}

fn kind(name: &str, text: impl AsRef<[u8]>, expected: Expected) -> Kind {
    Kind::new(name, Version::Http1, text.as_ref().to_vec(), expected)
}

/// Shapes with which requests are smuggled past a proxy, and bodies that are not what they say.
fn framing() -> Vec<Kind> {
    let post = |name: &str, headers: &str, body: &str, expected| {
        let text = format!("POST /old/a HTTP/1.1\r\nhost: a.example\r\n{headers}\r\n\r\n{body}");
        kind(name, text, expected)
    };
    let inner = "GET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n";
    let (te, whole) = ("transfer-encoding: chunked", "1\r\na\r\n0\r\n\r\n");
    vec![
        post("CL and TE", &format!("content-length: 4\r\n{te}"), &format!("0\r\n\r\n{inner}"), Refused),
        post("TE and CL", &format!("{te}\r\ncontent-length: 4"), whole, Refused),
        post("two CL", "content-length: 1\r\ncontent-length: 2", "ab", Refused),
        post("two equal CL", "content-length: 1\r\ncontent-length: 1", "a", Any),
        post("a list of CL", "content-length: 1, 1", "a", Any),
        post("a signed CL", "content-length: +1", "a", Refused),
        post("a negative CL", "content-length: -1", "a", Refused),
        post("a hexadecimal CL", "content-length: 0x1", "a", Refused),
        post("a huge CL", "content-length: 99999999999999999999", "a", Refused),
        post("an empty CL", "content-length: ", "a", Any),
        post("CL with a space before the colon", "content-length : 1", "a", Refused),
        post("CL with a tab", "content-length:\t1", "a", Any),
        post("less than CL", "content-length: 10", "a", Refused).ending(HalfClose),
        post("two TE", &format!("{te}\r\n{te}"), whole, Refused),
        post("TE identity", "transfer-encoding: identity", "a", Refused),
        post("TE gzip, chunked", "transfer-encoding: gzip, chunked", whole, Refused),
        post("TE chunked, identity", "transfer-encoding: chunked, identity", whole, Refused),
        post("TE xchunked", "transfer-encoding: xchunked", whole, Refused),
        post("TE with a vertical tab", "transfer-encoding: \x0bchunked", whole, Refused),
        post("TE folded", "transfer-encoding:\r\n chunked", whole, Any),
        post("TE in capitals", "TRANSFER-ENCODING: CHUNKED", whole, Served),
        post("TE with a space before the colon", "transfer-encoding : chunked", whole, Refused),
        post("TE after LF", "x-a: a\ntransfer-encoding: chunked", whole, Any),
        post("a chunk without a size", te, "\r\na\r\n0\r\n\r\n", Refused),
        post("a chunk of g", te, "g\r\na\r\n0\r\n\r\n", Refused),
        post("a chunk of -1", te, "-1\r\na\r\n0\r\n\r\n", Refused),
        post("a chunk of 0x1", te, "0x1\r\na\r\n0\r\n\r\n", Refused),
        post("a chunk of 2^64", te, "10000000000000000\r\na\r\n0\r\n\r\n", Refused),
        post("a chunk with an extension", te, "1;a=\"b\r\nc\"\r\na\r\n0\r\n\r\n", Any),
        post(
            "a chunk with a long extension",
            te,
            &format!("1;{}\r\na\r\n0\r\n\r\n", "e".repeat(20_000)),
            Any,
        ),
        post("a chunk that is longer than its size", te, "1\r\nabc\r\n0\r\n\r\n", Any),
        post("chunks with LF", te, "1\na\n0\n\n", Any),
        post("a last chunk of 000", te, "1\r\na\r\n000\r\n\r\n", Any),
        post("chunks without an end", te, "1\r\na\r\n", Refused).ending(HalfClose),
        post("a trailer that frames", te, "0\r\ncontent-length: 5\r\ntransfer-encoding: gzip\r\n\r\n", Any),
        post("1000 trailers", te, &format!("0\r\n{}\r\n", "x-t: 1\r\n".repeat(1000)), Any),
        post("a trailer of 60 KiB", te, &format!("0\r\nx-any: {}\r\n\r\n", "a".repeat(60 << 10)), Any),
        post("1000 chunks", te, &format!("{}0\r\n\r\n", "1\r\na\r\n".repeat(1000)), Served),
        post("expect, and a body at once", &format!("expect: 100-continue\r\n{te}"), whole, Served),
        post("expect, and no body", "expect: 100-continue\r\ncontent-length: 5", "", Any),
        kind("GET with a body", "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc", Served),
        kind(
            "a body that nobody announced",
            format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{}", "\0".repeat(100)),
            Served,
        ),
    ]
}

/// Lines and versions.
fn lines() -> Vec<Kind> {
    let get = |line: &str, expected| kind(line, format!("{line}\r\nhost: a.example\r\n\r\n"), expected);
    let headers = |name: &str, headers: &str, expected| {
        kind(name, format!("GET / HTTP/1.1\r\n{headers}\r\n"), expected)
    };
    vec![
        get("GET / HTTP/1.0", Served),
        get("GET / HTTP/0.9", Any),
        get("GET / HTTP/1.2", Any),
        get("GET / HTTP/2.0", Any),
        get("GET / HTTP/11.1", Refused),
        get("GET / HTP/1.1", Refused),
        get("GET / http/1.1", Refused),
        get("GET /", Refused),
        get("GET", Refused),
        get("GET  /  HTTP/1.1", Any),
        get("GET\t/\tHTTP/1.1", Any),
        get(" GET / HTTP/1.1", Any),
        get("GET / HTTP/1.1 ", Any),
        get("GET / a HTTP/1.1", Refused),
        get("\u{feff}GET / HTTP/1.1", Refused),
        kind("only LF", "GET / HTTP/1.1\nhost: a.example\n\n", Any),
        kind("CR CR LF", "GET / HTTP/1.1\r\r\nhost: a.example\r\r\n\r\r\n", Any),
        kind("empty lines first", "\r\n\r\n\r\nGET / HTTP/1.1\r\nhost: a.example\r\n\r\n", Any),
        kind("HTTP/0.9", "GET /\r\n", Any),
        kind("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Refused),
        kind(
            "a PROXY protocol header",
            "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
            Refused,
        ),
        headers("no host", "", Refused),
        headers("two hosts", "host: a.example\r\nhost: b.example\r\n", Any),
        headers("no colon", "host: a.example\r\nx-a\r\n", Refused),
        headers("no name", "host: a.example\r\n: a\r\n", Refused),
        headers("a space before the colon", "host: a.example\r\nx-a : a\r\n", Refused),
        headers("a folded value", "host: a.example\r\nx-a: a\r\n b\r\n", Any),
        headers("a folded first line", " host: a.example\r\n", Any),
        headers("a pseudo-header", "host: a.example\r\n:path: /forged\r\n", Refused),
        headers("head of 200 KiB", &format!("host: a\r\nx-a: {}\r\n", "a".repeat(200 << 10)), Refused),
        headers("3000 headers", &format!("host: a\r\n{}", "x-a: 1\r\n".repeat(3000)), Refused),
        kind("half a line", "GET / HT", Refused).ending(HalfClose),
        kind("half a head", "GET / HTTP/1.1\r\nhost: a.example\r\nx-", Refused).ending(HalfClose),
        kind("a whole request, and the client's end", Message::get("/").http1(), Any).ending(HalfClose),
        kind("nothing", "", Refused).ending(HalfClose),
    ]
}

fn upgrades() -> Vec<Kind> {
    let upgrade = |to: &str, more: &str, expected| {
        let text = format!(
            "GET /old/a HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: {to}\r\n{more}\r\n"
        );
        kind(&format!("upgrade to {to} {}", more.trim()), text, expected)
    };
    let pipelined = Message::get("/old/a").http1().repeat(20);
    let connect = |target: &str| {
        kind(
            &format!("CONNECT {target}"),
            format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\nhello"),
            Any,
        )
    };
    vec![
        upgrade("websocket", "sec-websocket-key: AAAA\r\nsec-websocket-version: 13\r\n", Any),
        upgrade("websocket", "content-length: 5\r\n", Any),
        upgrade("h2c", "http2-settings: AAMAAABkAAQAAP__\r\n", Any),
        upgrade("h2c", "", Any),
        upgrade("a, websocket", "", Any),
        upgrade("\u{fc}", "", Any),
        connect("a.example:443"),
        connect("a.example"),
        connect("/old"),
        connect("*"),
        connect("[::1]:99999"),
        kind("20 requests at once", pipelined, Served),
        kind("a request, then garbage", [Message::get("/").http1(), vec![0xff; 100]].concat(), Served),
        kind("a post, then a get", [Message::post("/").http1(), Message::get("/").http1()].concat(), Served),
        kind("HTTP/2 in the middle", [Message::get("/").http1(), Message::get("/").http2()].concat(), Served),
    ]
}

/// A byte at a time.
fn slow() -> Vec<Kind> {
    let slowly = |name: &str, message: Message| kind(name, message.http1(), Served).slowly(1, PAUSE);
    vec![slowly("a slow head", Message::get("/old/a")), slowly("a slow body", Message::post("/"))]
}
