//! An upstream that breaks off anywhere in a response: what the client gets, what the request costs, and that its place among those
//! in flight is given back.

use std::io::{Read, Write};
use std::net::TcpStream;
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

pub(crate) const TESTS: [Case; 1] = [("a_response_that_breaks_off_costs_what_it_has_said", run)];

/// Tokens of a bucket, and those that a response costs if it does not say.
const BURST: u64 = 1000;
const DEFAULT: u64 = 100;

/// How long Envoy waits for a response.
const TIMEOUT: &str = "0.3s";

/// How the upstream goes on after what it has sent.
#[derive(Clone, Copy, Debug)]
enum End {
    Closes,
    Resets,
    Waits,
}

/// A response that breaks off: what the upstream sends, and the tokens that the request costs.
struct Broken {
    sent: &'static str,
    end: End,
    cost: u64,
}

const fn broken(sent: &'static str, end: End, cost: u64) -> Broken {
    Broken { sent, end, cost }
}

/// The beginning of a response with a URL that is mapped back.
macro_rules! after_headers {
    ($headers:literal, $body:literal) => {
        concat!("HTTP/1.1 200 OK\r\nlocation: /new/a\r\n", $headers, "\r\n\r\n", $body)
    };
}

const BROKEN: [Broken; 16] = [
    broken("", End::Closes, DEFAULT),
    broken("", End::Resets, DEFAULT),
    broken("", End::Waits, DEFAULT),
    broken("HTTP/1.1 200 O", End::Closes, DEFAULT),
    broken("HTTP/1.1 200 OK\r\nlocation: /new/a\r\ncontent-le", End::Resets, DEFAULT),
    broken("HTTP/1.1 200 OK\r\nlocation: /new/a\r\ncontent-le", End::Waits, DEFAULT),
    broken("this is no HTTP\r\n\r\n", End::Closes, DEFAULT),
    broken(after_headers!("content-length: 20", ""), End::Closes, DEFAULT),
    broken(after_headers!("content-length: 20", ""), End::Waits, DEFAULT),
    broken(after_headers!("content-length: 20", r#"{"tokens": 7"#), End::Resets, DEFAULT),
    broken(after_headers!("content-length: 20", r#"{"tokens": 7}"#), End::Closes, 7),
    broken(after_headers!("transfer-encoding: chunked", "f\r\n{\"tokens\""), End::Closes, DEFAULT),
    broken(after_headers!("transfer-encoding: chunked", "d\r\n{\"tokens\": 7}\r\n"), End::Resets, 7),
    broken(after_headers!("transfer-encoding: chunked", "not hexadecimal\r\n"), End::Closes, DEFAULT),
    broken(
        after_headers!("content-type: text/event-stream", "data: {\"tokens\": 3}\n\ndata: {\"tok"),
        End::Resets,
        3,
    ),
    broken(
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
    let key = json!([{"header": "x-case"}]);
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
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": TIMEOUT}});
    let bootstrap = Bootstrap::default().cluster("upstream", upstream).routed("edge", &filters, &[route]);
    let envoy = Envoy::start(&bootstrap)?;
    for (case, broken) in BROKEN.iter().enumerate() {
        check(&envoy, case, broken)
            .with_context(|| format!("{:?}, then it {:?}", broken.sent, broken.end))?;
    }
    let failures = failures::logged(&envoy);
    ensure!(failures.is_empty(), "{failures:#?}");
    println!("{} responses that break off: each costs what it has said, or the default", BROKEN.len());
    Ok(())
}

fn check(envoy: &Envoy, case: usize, broken: &Broken) -> Result<()> {
    let mut connection = TcpStream::connect(envoy.address("edge")?)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "GET /old/{case} HTTP/1.1\r\nhost: a.example\r\nx-case: {case}\r\nconnection: close\r\n\r\n"
    )?;
    let (mut received, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(size @ 1..) = connection.read(&mut part) {
        received.extend_from_slice(part.get(..size).unwrap_or_default());
    }
    let received = String::from_utf8_lossy(&received).to_ascii_lowercase();
    // Envoy replies for an upstream that has sent no headers.
    let has_headers = broken.sent.starts_with("HTTP") && broken.sent.contains("\r\n\r\n");
    ensure!(received.starts_with(if has_headers { "http/1.1 200" } else { "http/1.1 50" }), "{received}");
    let location = received.lines().find_map(|line| line.strip_prefix("location: "));
    ensure!(location == Some("/old/a").filter(|_| has_headers), "{received}");
    let start = Instant::now();
    loop {
        let response = envoy.send("edge", &Request::get(WHOLE).header("x-case", case.to_string()))?;
        let limits = response.values("ratelimit").concat();
        // A request ends, and is charged, a moment after its client knows.
        let left = format!("\"tokens\";r={}", BURST.saturating_sub(broken.cost));
        if response.status == 200 && limits.split([',', ' ']).any(|limit| limit.starts_with(&left)) {
            ensure!(response.values("location") == ["/old/b"], "{:?}", response.values("location"));
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{} with {limits:?}, expected {left}", response.status);
        thread::sleep(Duration::from_millis(5));
    }
}

/// Answers a request as the number in its path says.
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
        let case = path.rsplit('/').next().and_then(|case| case.parse::<usize>().ok());
        let Some(Broken { sent, end, .. }) = case.and_then(|case| BROKEN.get(case)) else {
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
                // What was sent must have arrived.
                thread::sleep(Duration::from_millis(20));
                SockRef::from(&connection).set_linger(Some(Duration::ZERO))?;
            }
            End::Waits => while connection.read(&mut part)? > 0 {},
        }
        return Ok(());
    }
}
