//! Responses of a hostile upstream.

/// A response.
pub(crate) struct Response {
    pub(crate) name: String,
    /// What is sent before the connection closes, with a pause between parts.
    pub(crate) parts: Vec<Vec<u8>>,
    /// Whether the client must get it.
    pub(crate) passes: bool,
}

/// Makes a response with some bytes.
type With = fn(&[u8]) -> Vec<u8>;

/// Bytes that do not belong into a header.
const BYTES: [u8; 8] = [0, 1, b'\n', b'\r', 0x7f, 0x80, 0xc3, 0xff];

/// The end of a head without a body. The upstream closes the connection, so Envoy must not use it again.
const EMPTY: &str = "content-length: 0\r\nconnection: close\r\n\r\n";

/// Returns all of them. A request names one by its position.
pub(crate) fn all() -> Vec<Response> {
    heads().into_iter().chain(bytes()).chain(framing()).chain(for_filters()).collect()
}

fn one(name: impl Into<String>, passes: bool, bytes: impl AsRef<[u8]>) -> Response {
    Response { name: name.into(), parts: vec![bytes.as_ref().to_vec()], passes }
}

fn heads() -> Vec<Response> {
    let ok = "HTTP/1.1 200 OK\r\n";
    let many = |number: usize| "x-many: 1\r\n".repeat(number);
    let value = |size: usize| format!("x-long: {}\r\n", "v".repeat(size));
    vec![
        one("nothing", false, ""),
        one("no HTTP", false, "hello\r\n\r\n"),
        one("HTTP/0.9", false, "<html></html>"),
        one("half a status line", false, "HTTP/1.1 2"),
        one("half a head", false, "HTTP/1.1 200 OK\r\nx-a: "),
        one("no status", false, format!("HTTP/1.1 \r\n{EMPTY}")),
        one("status 0", false, format!("HTTP/1.1 000 OK\r\n{EMPTY}")),
        one("status 99", false, format!("HTTP/1.1 99 OK\r\n{EMPTY}")),
        one("status 999", false, format!("HTTP/1.1 999 OK\r\n{EMPTY}")),
        one("a status of many digits", false, format!("HTTP/1.1 20000000000 OK\r\n{EMPTY}")),
        one("HTTP/9.9", false, format!("HTTP/9.9 200 OK\r\n{EMPTY}")),
        one("HTTP/1.0", true, format!("HTTP/1.0 200 OK\r\n{EMPTY}")),
        one("a long reason", true, format!("HTTP/1.1 200 {}\r\n{EMPTY}", "r".repeat(4096))),
        one("no colon", false, format!("{ok}x-a\r\n{EMPTY}")),
        one("no name", false, format!("{ok}: a\r\n{EMPTY}")),
        one("a space in a name", false, format!("{ok}x a: a\r\n{EMPTY}")),
        one("a folded line", false, format!("{ok}x-a: a\r\n b\r\n{EMPTY}")),
        one("100 headers", false, format!("{ok}{}{EMPTY}", many(100))),
        one("1000 headers", false, format!("{ok}{}{EMPTY}", many(1000))),
        one("a value of 50 KiB", true, format!("{ok}{}{EMPTY}", value(50 << 10))),
        one("a value of 200 KiB", false, format!("{ok}{}{EMPTY}", value(200 << 10))),
        one(
            "100 Continue a hundred times",
            true,
            format!("{}{ok}{EMPTY}", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100)),
        ),
        one("103 Early Hints", true, format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{ok}{EMPTY}")),
        one(
            "101 that nobody asked for",
            false,
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        ),
        one(
            "204 with a body",
            false,
            "HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc",
        ),
        one(
            "304 with a body",
            false,
            "HTTP/1.1 304 Not Modified\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc",
        ),
        one("two responses", false, format!("{ok}{EMPTY}{ok}{EMPTY}")),
        one(
            "headers that only filters write",
            true,
            format!("{ok}x-host: forged\r\nx-code: 1\r\nx-config: {{}}\r\n{EMPTY}"),
        ),
        one(
            "hop-by-hop headers",
            true,
            format!(
                "{ok}connection: x-env\r\nkeep-alive: 1\r\nproxy-connection: a\r\nte: trailers\r\n{EMPTY}"
            ),
        ),
        Response {
            name: "one byte at a time".into(),
            parts: format!("{ok}{EMPTY}").bytes().map(|byte| vec![byte]).collect(),
            passes: true,
        },
    ]
}

/// Every byte in every place.
fn bytes() -> Vec<Response> {
    let places: [(&str, With); 4] = [
        ("reason", |bytes| {
            [b"HTTP/1.1 200 O", bytes, b"K\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"].concat()
        }),
        ("name", |bytes| {
            [b"HTTP/1.1 200 OK\r\nx-", bytes, b"a: a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]
                .concat()
        }),
        ("value", |bytes| {
            [b"HTTP/1.1 200 OK\r\nx-a: a", bytes, b"a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]
                .concat()
        }),
        ("set-cookie", |bytes| {
            [
                b"HTTP/1.1 200 OK\r\nset-cookie: a=",
                bytes,
                b"; Path=/; Domain=a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            ]
            .concat()
        }),
    ];
    let named = |(place, head): (&'static str, With)| {
        BYTES.map(move |byte| one(format!("byte {byte:02x} in a {place}"), false, head(&[byte])))
    };
    places.into_iter().flat_map(named).collect()
}

fn framing() -> Vec<Response> {
    let ok = |headers: &str, body: &str| {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}\r\n\r\n{body}")
    };
    let chunked = "transfer-encoding: chunked";
    vec![
        one("no length", true, ok("x-a: a", "until the end")),
        one("less than its length", false, ok("content-length: 10", "abc")),
        one("more than its length", true, ok("content-length: 1", "abc")),
        one("two lengths", false, ok("content-length: 1\r\ncontent-length: 2", "ab")),
        one("a negative length", false, ok("content-length: -1", "ab")),
        one("a huge length", false, ok("content-length: 99999999999999999999999", "ab")),
        one(
            "a length and chunks",
            false,
            ok(&format!("content-length: 1\r\n{chunked}"), "1\r\na\r\n0\r\n\r\n"),
        ),
        one("an unknown encoding", false, ok("transfer-encoding: gzip, chunked", "1\r\na\r\n0\r\n\r\n")),
        one("chunks and trailers", true, ok(chunked, "1\r\na\r\n0\r\nx-sum: 1\r\nx-internal-a: 1\r\n\r\n")),
        one("a bad size of a chunk", false, ok(chunked, "zz\r\na\r\n0\r\n\r\n")),
        one("a huge size of a chunk", false, ok(chunked, "ffffffffffffffffff\r\na\r\n0\r\n\r\n")),
        one("chunks without an end", false, ok(chunked, "1\r\na\r\n")),
        one("a bad trailer", false, ok(chunked, "1\r\na\r\n0\r\nx sum\r\n\r\n")),
        one(
            "a trailer of 50 KiB",
            false,
            ok(chunked, &format!("0\r\nx-long: {}\r\n\r\n", "t".repeat(50 << 10))),
        ),
        one("1000 trailers", false, ok(chunked, &format!("0\r\n{}\r\n", "x-t: 1\r\n".repeat(1000)))),
        Response {
            name: "a body in many parts".into(),
            parts: std::iter::once(ok(chunked, "").into_bytes())
                .chain(std::iter::repeat_n(b"1\r\na\r\n".to_vec(), 50))
                .chain([b"0\r\n\r\n".to_vec()])
                .collect(),
            passes: true,
        },
    ]
}

/// What filters read.
fn for_filters() -> Vec<Response> {
    let headers = |name: &str, values: &[&str]| {
        let lines: String = values.iter().map(|value| format!("{name}: {value}\r\n")).collect();
        one(
            format!("{name} {}", values.first().unwrap_or(&"")),
            true,
            format!("HTTP/1.1 200 OK\r\n{lines}{EMPTY}"),
        )
    };
    let body = |kind: &str, body: &str| {
        let name = format!("{kind} {}", body.get(..40).unwrap_or(body));
        one(
            name,
            true,
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        )
    };
    let deep = "[".repeat(50_000);
    let stream = "data: {\"usage\": {\"total_tokens\": 1}}\n\n".repeat(500);
    vec![
        headers(
            "location",
            &["http://shop.internal:8080/a", "//evil.example", "/e/1/by/2", "/a/../b", "http://[::1", ""],
        ),
        headers(
            "content-location",
            &["http://a@b@c/", "http://a.example:99999/", "\\\\a", "%00", "/?a=/?b#c"],
        ),
        headers(
            "set-cookie",
            &["a=1; Path=/; Path=/e/1; Domain=;;;", "__Host-a=1; Path=/", "", ";", "=", "a=1; pAtH"],
        ),
        headers("x-cost", &["-1"]),
        headers("x-cost", &["18446744073709551616", "1"]),
        headers("x-cost", &["4294967295"]),
        headers("x-cost", &["1e3"]),
        headers("content-type", &["text/event-stream;;;==", "application/json"]),
        headers("content-encoding", &["gzip"]),
        headers("grpc-status", &["99999999999"]),
        body("application/json", "{\"usage\": {\"total_tokens\": 1e309}}"),
        body("application/json", "{\"usage\": {\"total_tokens\": -1}}"),
        body("application/json", "{\"usage\": {\"total_tokens\": \"\\ud800\"}}"),
        body("application/json", "{\"usage\": {\"total_tokens\": 1"),
        body("application/json", "\u{feff}{}"),
        body("application/json", &deep),
        body("text/event-stream", &stream),
        body("text/event-stream", &"x".repeat(60_000)),
        body("application/x-ndjson", "{\"usage\":{\"total_tokens\":1}}\n\n\r\n{\n[]\nnull"),
    ]
}
