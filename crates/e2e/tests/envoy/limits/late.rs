//! Charges by responses of real servers, and by responses that never come.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;
use harness::http::{self, Request, Response};
use harness::httpbin::Httpbin;
use harness::process::Process;
use harness::{Envoy, built, free_address, parts};
use serde_json::{Value, json};

/// The server of a language model.
const MODEL: &str = include_str!("model.py");

/// How long a response takes that a client does not wait for.
const PATIENCE: Duration = Duration::from_secs(10);

const LOGINS: &str = r#"{"rules": [{"name": "login", "key": [], "limit": 3, "period": "1h", "count": {"when": {"status": [401, "5xx"]}}}]}"#;
const TOKENS: &str = r#"{"rules": [{"name": "tokens", "key": [], "limit": 100, "period": "100h",
                                    "cost": {"response_header": "x-tokens", "default": 20}}]}"#;
const USAGE: &str = r#"{"rules": [{"name": "usage", "key": [], "limit": 100, "period": "100h",
                                   "cost": {"response_json": "/usage/total_tokens", "default": 20}}]}"#;

fn logins() -> [Filter; 1] {
    [built::filter("rate-limit", LOGINS)]
}

fn charged(envoy: &Envoy, listener: &str, filter: &str, rule: &str) -> Result<u64> {
    envoy.count(&format!("wasmcustom.rate_limit.charged.filter.{listener}-{filter}.rule.{rule}"))
}

/// Waits until so many tokens are charged. Filters report counters once a second.
fn expect_charged(envoy: &Envoy, listener: &str, filter: &str, rule: &str, expected: u64) -> Result<()> {
    let start = Instant::now();
    loop {
        let found = charged(envoy, listener, filter, rule)?;
        if found == expected {
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{found} tokens were charged, expected {expected}");
        sleep(Duration::from_millis(100));
    }
}

fn statuses(envoy: &Envoy, listener: &str, paths: &[&str]) -> Result<Vec<u16>> {
    paths.iter().map(|path| Ok(envoy.send(listener, &Request::get(path))?.status)).collect()
}

/// httpbin answers with these statuses and headers.
pub(super) fn httpbin(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let bootstrap = Bootstrap::default().cluster("httpbin", httpbin.address());
    let tokens = [built::filter("rate-limit", TOKENS)];
    let bootstrap = bootstrap.http("logins", &logins(), "httpbin").http("tokens", &tokens, "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    let (wrong, right) = ("/basic-auth/ann/secret", "/status/200");
    let found = statuses(&envoy, "logins", &[right, wrong, right, wrong, right, wrong, right, wrong])?;
    ensure!(found == [200, 401, 200, 401, 200, 401, 429, 429], "{found:?}");
    let costs = |tokens: u32| format!("/response-headers?x-tokens={tokens}");
    let found = statuses(&envoy, "tokens", &[&costs(30), "/get", &costs(60), "/get"])?;
    ensure!(found == [200, 200, 200, 429], "{found:?}");
    expect_charged(&envoy, "tokens", "rate-limit", "tokens", 110)
}

/// Envoy replies in place of an upstream that is down or too slow.
pub(super) fn replies_of_envoy(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let bootstrap =
        Bootstrap::default().cluster("down", free_address()?).cluster("httpbin", httpbin.address());
    let slow = json!({"match": {"prefix": "/"}, "route": {"cluster": "httpbin", "timeout": "0.2s"}});
    let envoy = Envoy::start(&bootstrap.http("down", &logins(), "down").routed("slow", &logins(), &[slow]))?;
    let found = statuses(&envoy, "down", &["/"; 5])?;
    ensure!(found == [503, 503, 503, 429, 429], "{found:?}");
    let found = statuses(&envoy, "slow", &["/delay/2", "/get", "/delay/2", "/delay/2", "/get"])?;
    ensure!(found == [504, 200, 504, 504, 429], "{found:?}");
    Ok(())
}

/// Sends a request, and leaves after a moment.
fn leave(address: SocketAddr, path: &str) -> Result<()> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: a.example\r\n\r\n")?;
    sleep(Duration::from_millis(300));
    Ok(())
}

/// Clients leave before the response.
pub(super) fn resets(_: &Fixture) -> Result<()> {
    let httpbin = Httpbin::start()?;
    let tokens = [built::filter("rate-limit", TOKENS)];
    let bootstrap = Bootstrap::default().cluster("httpbin", httpbin.address());
    let bootstrap = bootstrap.http("tokens", &tokens, "httpbin").http("logins", &logins(), "httpbin");
    let envoy = Envoy::start(&bootstrap)?;
    for expected in [20, 40, 60, 80, 100] {
        leave(envoy.address("tokens")?, "/delay/1")?;
        expect_charged(&envoy, "tokens", "rate-limit", "tokens", expected)?;
        leave(envoy.address("logins")?, "/delay/1")?;
    }
    ensure!(envoy.send("tokens", &Request::get("/get"))?.status == 429, "clients leave for free");
    ensure!(envoy.send("logins", &Request::get("/get"))?.status == 200, "no response, so nothing to count");
    ensure!(charged(&envoy, "logins", "rate-limit", "login")? == 0, "no response matches");
    Ok(())
}

fn post(address: SocketAddr, body: &Value) -> Result<TcpStream> {
    let body = body.to_string();
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        connection,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    Ok(connection)
}

fn complete(address: SocketAddr, body: &Value) -> Result<Response> {
    http::receive(&mut post(address, body)?)
}

/// A model streams its answers, or gives them at once.
pub(super) fn model(_: &Fixture) -> Result<()> {
    let mut server = Process::start("model", |_| {
        let mut command = Command::new(parts::venv().join("bin/python"));
        command.args(["-c", MODEL]);
        Ok(command)
    })?;
    let port: u16 = server.wait_for("port", |server| {
        server.log().lines().find_map(|line| line.strip_prefix("port ")?.parse().ok())
    })?;
    let usage = [built::filter("rate-limit-body", USAGE)];
    let bootstrap = Bootstrap::default().cluster("model", SocketAddr::from(([127, 0, 0, 1], port)));
    let envoy = Envoy::start(&bootstrap.http("plain", &[], "model").http("usage", &usage, "model"))?;
    let (plain, limited) = (envoy.address("plain")?, envoy.address("usage")?);
    for (request, sum) in [
        (json!({"tokens": 12}), 12),
        (json!({"tokens": 30, "stream": true}), 42),
        (json!({"tokens": 18, "stream": true, "pause": 0.1}), 60),
    ] {
        let (expected, found) = (complete(plain, &request)?, complete(limited, &request)?);
        ensure!(found.status == 200 && found.body == expected.body, "the filter changes the body:\n{found}");
        expect_charged(&envoy, "usage", "rate-limit-body", "usage", sum)?;
    }
    // The client leaves before the stream says what it costs.
    let leaves = post(limited, &json!({"tokens": 90, "stream": true, "pause": 1}))?;
    sleep(Duration::from_millis(500));
    drop(leaves);
    expect_charged(&envoy, "usage", "rate-limit-body", "usage", 80).context("the default")?;
    complete(limited, &json!({"tokens": 500, "stream": true}))?;
    let refused = complete(limited, &json!({"tokens": 1}))?;
    ensure!(refused.status == 429, "the bucket owes 480 tokens:\n{refused}");
    Ok(())
}
