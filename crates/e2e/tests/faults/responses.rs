//! An upstream that cuts a response short: what the client gets, what the request costs, and that its place in flight is given back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::http::Request;
use harness::suite::Case;
use harness::{Envoy, built, failures, upstream};
use serde_json::json;
use socket2::SockRef;

use crate::client::PATIENCE;

pub(crate) const TESTS: [Case; 1] = [("a_response_that_is_cut_short_costs_what_it_has_reported", run)];

/// Tokens of a bucket.
const BURST: u64 = 1000;

/// Tokens that a response costs that reports no cost.
const DEFAULT: u64 = 100;

/// How long Envoy waits for a response for which the upstream lets it wait.
const TIMEOUT: &str = "0.3s";

/// The header of such requests.
const WAITS: &str = "x-waits";

/// What the upstream does after what it has sent.
#[derive(Clone, Copy, Debug)]
enum End {
    Closes,
    Resets,
    Waits,
}

/// A response that is cut short, or malformed.
struct Response {
    sent: &'static str,
    end: End,
    /// Tokens that the request costs.
    cost: u64,
}

const fn cut(sent: &'static str, end: End, cost: u64) -> Response {
    Response { sent, end, cost }
}

/// The beginning of a response with a URL that is mapped back.
macro_rules! after_headers {
    ($headers:literal, $body:literal) => {
        concat!("HTTP/1.1 200 OK\r\nlocation: /new/a\r\n", $headers, "\r\n\r\n", $body)
    };
}

const RESPONSES: [Response; 16] = [
    cut("", End::Closes, DEFAULT),
    cut("", End::Resets, DEFAULT),
    cut("", End::Waits, DEFAULT),
    cut("HTTP/1.1 200 O", End::Closes, DEFAULT),
    cut("HTTP/1.1 200 OK\r\nlocation: /new/a\r\ncontent-le", End::Resets, DEFAULT),
    cut("HTTP/1.1 200 OK\r\nlocation: /new/a\r\ncontent-le", End::Waits, DEFAULT),
    cut("this is no HTTP\r\n\r\n", End::Closes, DEFAULT),
    cut(after_headers!("content-length: 20", ""), End::Closes, DEFAULT),
    cut(after_headers!("content-length: 20", ""), End::Waits, DEFAULT),
    cut(after_headers!("content-length: 20", r#"{"tokens": 7"#), End::Resets, DEFAULT),
    cut(after_headers!("content-length: 20", r#"{"tokens": 7}"#), End::Closes, 7),
    cut(after_headers!("transfer-encoding: chunked", "f\r\n{\"tokens\""), End::Closes, DEFAULT),
    cut(after_headers!("transfer-encoding: chunked", "d\r\n{\"tokens\": 7}\r\n"), End::Resets, 7),
    cut(after_headers!("transfer-encoding: chunked", "not hexadecimal\r\n"), End::Closes, DEFAULT),
    cut(
        after_headers!("content-type: text/event-stream", "data: {\"tokens\": 3}\n\ndata: {\"tok"),
        End::Resets,
        3,
    ),
    cut(
        after_headers!("content-type: text/event-stream", "data: {\"tokens\": 3}\n\ndata: {\"tok"),
        End::Waits,
        3,
    ),
];

/// The path of a request whose response is whole, and costs nothing.
const WHOLE: &str = "/old/whole";

fn run() -> Result<()> {
    let upstream = upstream::start(serve)?;
    let reverse = json!({"rules": [{"prefix": "/old", "replace": "/new", "reverse": true}]});
    let key = json!([{"header": "x-key"}]);
    let limits = json!({
        "headers": ["ratelimit"],
        "rules": [
            {
                "name": "tokens", "key": key, "limit": 1, "period": "1h", "burst": BURST,
                "cost": {"response_json": "/tokens", "default": DEFAULT},
            },
            {"name": "at-once", "key": key, "concurrency": 1},
        ],
    });
    let filters = [
        built::filter("path-rewrite-reverse", &reverse.to_string()),
        built::filter("rate-limit-body", &limits.to_string()),
    ];
    let waits = json!([{"name": WAITS, "present_match": true}]);
    let routes = [
        json!({"match": {"prefix": "/", "headers": waits}, "route": {"cluster": "upstream", "timeout": TIMEOUT}}),
        json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "60s"}}),
    ];
    let bootstrap = Bootstrap::default().cluster("upstream", upstream).routed("edge", &filters, &routes);
    let envoy = Envoy::start(&bootstrap)?;
    for (index, expected) in RESPONSES.iter().enumerate() {
        check(&envoy, index, expected)
            .with_context(|| format!("{:?}, then it {:?}", expected.sent, expected.end))?;
    }
    let failures = failures::logged(&envoy);
    ensure!(failures.is_empty(), "{failures:#?}");
    println!(
        "{} responses that are cut short: each costs what it has reported, or the default",
        RESPONSES.len()
    );
    Ok(())
}

fn check(envoy: &Envoy, index: usize, expected: &Response) -> Result<()> {
    let waits = if matches!(expected.end, End::Waits) { format!("{WAITS}: 1\r\n") } else { String::new() };
    let received = exchanged(
        envoy.address("edge")?,
        &format!(
            "GET /old/{index} HTTP/1.1\r\nhost: a.example\r\nx-key: {index}\r\n{waits}connection: close\r\n\r\n"
        ),
    )?;
    // Envoy replies by itself unless the headers were complete.
    let has_headers = expected.sent.starts_with("HTTP") && expected.sent.contains("\r\n\r\n");
    let (status, location) = match has_headers {
        true => ("http/1.1 200", Some("/old/a")),
        false => ("http/1.1 50", None),
    };
    let found = received.lines().find_map(|line| line.strip_prefix("location: "));
    ensure!(
        received.starts_with(status) && found == location,
        "expected {status} and {location:?}, received {received:?}"
    );
    let start = Instant::now();
    loop {
        let response = envoy.send("edge", &Request::get(WHOLE).header("x-key", index.to_string()))?;
        let limits = response.values("ratelimit").concat();
        // A request ends, and is charged, a moment after its client knows.
        let left = format!("\"tokens\";r={}", BURST.saturating_sub(expected.cost));
        if response.status == 200 && limits.split([',', ' ']).any(|limit| limit.starts_with(&left)) {
            ensure!(response.values("location") == ["/old/b"], "{:?}", response.values("location"));
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{} with {limits:?}, expected {left}", response.status);
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a request, and returns what comes until the connection ends, in lower case.
fn exchanged(address: SocketAddr, request: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(request.as_bytes())?;
    let (mut received, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut part) {
            Ok(0) => break,
            Ok(size) => received.extend_from_slice(part.get(..size).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(String::from_utf8_lossy(&received).to_ascii_lowercase())
}

/// Sends the response whose index ends the path and is cut short, or a whole one that costs nothing.
fn serve(mut connection: TcpStream) -> Result<()> {
    let (mut received, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let size = connection.read(&mut part)?;
        received.extend_from_slice(part.get(..size).unwrap_or_default());
        if size == 0 {
            return Ok(());
        }
        if !received.ends_with(b"\r\n\r\n") {
            continue;
        }
        let path = String::from_utf8_lossy(&received).split(' ').nth(1).unwrap_or_default().to_owned();
        let index = path.rsplit('/').next().and_then(|index| index.parse::<usize>().ok());
        let Some(Response { sent, end, .. }) = index.and_then(|index| RESPONSES.get(index)) else {
            let body = r#"{"tokens": 0}"#;
            write!(
                connection,
                "HTTP/1.1 200 OK\r\nlocation: /new/b\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )?;
            received.clear();
            continue;
        };
        connection.write_all(sent.as_bytes())?;
        match end {
            End::Closes => {}
            End::Resets => {
                // A reset discards what Envoy has not read yet.
                thread::sleep(Duration::from_millis(20));
                SockRef::from(&connection).set_linger(Some(Duration::ZERO))?;
            }
            End::Waits => while connection.read(&mut part)? > 0 {},
        }
        return Ok(());
    }
}
