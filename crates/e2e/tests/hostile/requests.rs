//! Hostile requests that both versions of HTTP can carry.

use crate::exchange::Expected::{self, Any, Refused, Served};
use crate::kind::Kind;
use crate::message::{Field, Message};
use crate::responses;
use crate::upstream::{FORGED, RESPONSE};

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

/// Targets that servers read differently.
const TARGETS: [&str; 44] = [
    "",
    "*",
    "/",
    "//",
    "///a//b",
    "/.",
    "/..",
    "/../..",
    "/a/../b",
    "/old/../new",
    "/old/..",
    "/old/%2e%2e/secret",
    "/old/.%2E/secret",
    "/old%2f..%2fsecret",
    "/old/..%5csecret",
    "/old/..\\secret",
    "/old/..;a/secret",
    "/old;a=1/b",
    "/users//posts/",
    "/users/%2e%2e/posts/1",
    "/users/a%2fb/posts/%00",
    "/users/?/posts/#",
    "/old?",
    "/old??a?b",
    "/old#fragment",
    "/%",
    "/%zz",
    "/%u0041",
    "/%ff%fe",
    "/\u{fc}nic\u{f6}de/\u{1f600}",
    "/health",
    "/health/",
    "/HEALTH",
    "/banana/99999999999999999999",
    "/tenant/%2e",
    "/APP//evil.example",
    "/r//evil.example/%0d%0aset-cookie:a=1",
    "/shop/../shop",
    "/docs/%0d%0a",
    "/www",
    "http://b.example/old/a",
    "http://b.example",
    "https:///",
    "a.example:443",
];

/// Hosts.
const HOSTS: [&str; 14] = [
    "",
    " ",
    "a.example:",
    "a.example:99999",
    "a.example:80:80",
    "user@a.example",
    "a.example/path",
    "a.example?q",
    "[::1]",
    "[::1",
    "[fe80::1%25eth0]:80",
    "xn--nxasmq6b",
    "\u{e4}.example",
    "www.a.example",
];

const METHODS: [&str; 10] = [
    "",
    "get",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "PRI",
    "CONNECT",
    "PROPFIND",
    "G@T",
    "A-METHOD-OF-MORE-THAN-THIRTY-TWO-LETTERS",
];

/// Returns all of them, for both versions.
pub(crate) fn all() -> Vec<Kind> {
    bytes()
        .into_iter()
        .chain(sizes())
        .chain(places())
        .chain(headers())
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
                let expected = if byte == 0 { Refused } else { Any };
                Kind::both(&format!("byte {byte:02x} in the {place}"), &message(&[byte]), expected)
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

fn places() -> Vec<[Kind; 2]> {
    let target = |target: &str| Kind::both(&format!("target {target}"), &Message::get(target), Any);
    let host = |host: &str| {
        Kind::both(&format!("host {host}"), &Message { host: host.into(), ..Message::get("/docs/a") }, Any)
    };
    let method = |method: &str| {
        let message = Message { method: method.into(), ..Message::get("/old/a") };
        Kind::both(&format!("method {method}"), &message, Any)
    };
    let asterisk = Message { method: b"OPTIONS".into(), ..Message::get("*") };
    let mut all: Vec<_> = TARGETS.into_iter().map(target).collect();
    all.extend(HOSTS.into_iter().map(host));
    all.extend(METHODS.into_iter().map(method));
    all.push(Kind::both("OPTIONS *", &asterisk, Any));
    all
}

/// Headers that mean something to filters, to Envoy, or to the next server.
fn headers() -> Vec<[Kind; 2]> {
    let get = |name: &str, value: &str, expected: [Expected; 2]| {
        Kind::each(&format!("{name}: {value}"), &Message::get("/old/a").header(name, value), expected)
    };
    let forged = [
        "x-envoy-original-path",
        "x_envoy_original_path",
        "x-forwarded-prefix",
        "x_forwarded-prefix",
        "x-forwarded-host",
        "x_forwarded_host",
        "x-internal-user",
        "x-env",
        "x-a-secret",
    ];
    let forged = |target: &str| {
        let message = Message::get(target)
            .header("x-forwarded-for", "192.0.2.7, 10.0.0.1")
            .header("x-real-ip", "192.0.2.7");
        forged.iter().fold(message, |message, name| message.header(name, FORGED).header(name, FORGED))
    };
    let internal = Message { trailers: vec![(b"x-internal-a".into(), b"1".into())], ..Message::post("/") };
    vec![
        Kind::both("forged headers", &forged("/"), Served),
        Kind::both("forged headers, rewritten", &forged("/old/a"), Served),
        Kind::both("forged headers, stripped", &forged("/app/a"), Served),
        Kind::both(
            "forged headers, another host",
            &Message { host: b"b.example".into(), ..forged("/host/a") },
            Served,
        ),
        Kind::both("a forged trailer", &internal, Served),
        get("x-forwarded-for", "\u{7f},,,;", [Any; 2]),
        get("x-forwarded-proto", "gopher", [Any; 2]),
        get("x-envoy-internal", "true", [Served; 2]),
        get("x-envoy-retry-on", "5xx", [Served; 2]),
        get("x-envoy-upstream-rq-timeout-ms", "0", [Any; 2]),
        get("te", "trailers", [Served; 2]),
        get("te", "gzip", [Any, Any]),
        get("connection", "x-env, x-address, close", [Served, Refused]),
        get("connection", "upgrade", [Any, Refused]),
        get("keep-alive", "timeout=1", [Served, Refused]),
        get("proxy-connection", "keep-alive", [Any, Refused]),
        get("expect", "100-continue", [Served; 2]),
        get("expect", "200-maybe", [Any; 2]),
        get("content-type", "application/grpc", [Any; 2]),
        get("content-type", "application/grpc-web+proto;;=", [Any; 2]),
        get("range", "bytes=0-18446744073709551616", [Served; 2]),
        get("cookie", ";;;=;c=;c", [Served; 2]),
        get("x-tier", "\u{e9}lite", [Served; 2]),
        get("authorization", "Bearer ..", [Served; 2]),
        get("X-Upper", "1", [Served, Any]),
        get("", "no name", [Refused, Any]),
        get("x_underscore", "1", [Served; 2]),
        get("x-empty", "", [Served; 2]),
        get("x-spaces", "  \t a \t ", [Served, Any]),
    ]
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
