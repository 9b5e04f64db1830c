//! An exchange with each filter of `deploy/envoy`, and what is expected of it.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::http::Request;
use harness::recorder::{self, Recorder};
use harness::transcript::expect_header;

/// How long a connection that should be closed may stay open.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes all exchanges.
pub(crate) fn each(envoy: &Envoy, recorder: &Recorder) -> Result<()> {
    added(envoy, "world!")?;
    let edited = envoy.send("add-header-edit", &Request::get("/cookies/set/a/1"))?;
    expect_header(&edited, "set-cookie", &["a=1; Path=/; Secure; HttpOnly; SameSite=Lax"])?;
    statuses(envoy, "path-rewrite", "/banana/418", &[418])?;
    let reversed = envoy.send("path-rewrite-reverse", &Request::get("/app/cookies/set/a/1"))?;
    expect_header(&reversed, "location", &["/app/cookies"])?;
    expect_header(&reversed, "set-cookie", &["a=1; Path=/app"])?;
    statuses(envoy, "rate-limit", "/get", &[200, 200, 200, 429])?;
    statuses(envoy, "rate-limit-body", "/get", &[200, 200, 200, 200, 429])?;
    for _ in 0..3 {
        let answer = recorder::send(envoy.address("rate-limit-tcp")?, &[b"hello"], Duration::ZERO)?;
        ensure!(answer == recorder::RESPONSE, "{}", answer.escape_ascii());
        recorder.next()?;
    }
    let mut limited = TcpStream::connect(envoy.address("rate-limit-tcp")?)?;
    limited.set_read_timeout(Some(PATIENCE))?;
    ensure!(limited.read(&mut [0])? == 0, "the fourth connection is open");
    recorder::send(envoy.address("tcp-prepend")?, &[b"hello"], Duration::ZERO)?;
    let arrived = recorder.next()?;
    ensure!(arrived == b"prepend payload to downstream datahello", "{}", arrived.escape_ascii());
    Ok(())
}

/// Expects add-header to add this value.
pub(crate) fn added(envoy: &Envoy, value: &str) -> Result<()> {
    expect_header(&envoy.send("add-header", &Request::get("/get"))?, "hello", &[value])
}

fn statuses(envoy: &Envoy, listener: &str, path: &str, expected: &[u16]) -> Result<()> {
    for status in expected {
        let response = envoy.send(listener, &Request::get(path))?;
        ensure!(response.status == *status, "{listener} {path}: expected {status}:\n{response}");
    }
    Ok(())
}
