//! Many connections, and connections without data.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::fixture::Fixture;
use harness::recorder::{self, Recorder};

use super::listener::Listener;

const CONNECTIONS: usize = 1000;

/// Connections to open before the upstream gets time to accept them.
const QUEUE: usize = 50;

pub(super) fn empty(fixture: &Fixture) -> Result<()> {
    let upstream = Recorder::start()?;
    let through =
        Listener::start(fixture, r#"{"to_upstream": {"payload": {"text": "prefix:"}}}"#, upstream.address())?;
    let answer = recorder::send(through.address()?, &[], Duration::ZERO)?;
    ensure!(upstream.next()?.is_empty(), "the upstream received a payload without data");
    ensure!(answer == recorder::RESPONSE, "the response after the half-close is lost");
    let sending = Listener::start(
        fixture,
        r#"{"to_upstream": {"payload": {"text": "prefix:"}}, "on_empty": "send"}"#,
        upstream.address(),
    )?;
    recorder::send(sending.address()?, &[], Duration::ZERO)?;
    ensure!(upstream.next()? == b"prefix:", "with `on_empty: send` the upstream must receive the payload");
    for through in [&through, &sending] {
        // These leave before Envoy connects to the upstream, or just after.
        for _ in 0..50 {
            drop(TcpStream::connect(through.address()?)?);
        }
        let start = Instant::now();
        while through.active()? > 0 {
            ensure!(
                start.elapsed() < Duration::from_secs(10),
                "{} connections are still open",
                through.active()?
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        recorder::send(through.address()?, &[b"still here"], Duration::ZERO)?;
        let mut seen = Vec::new();
        while seen != b"prefix:still here" {
            seen = upstream.next().context("Envoy no longer serves connections")?;
        }
    }
    Ok(())
}

pub(super) fn a_thousand(fixture: &Fixture) -> Result<()> {
    let upstream = Recorder::start()?;
    let configuration =
        r#"{"to_upstream": {"payload": {"text": "up:"}}, "to_client": {"payload": {"text": "down:"}}}"#;
    let through = Listener::start(fixture, configuration, upstream.address())?;
    let begin = Instant::now();
    let connect = |number: usize| {
        // The upstream's accept queue is short, and the kernel resets what does not fit.
        if number.is_multiple_of(QUEUE) {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(TcpStream::connect(through.address()?)?)
    };
    let mut connections = (0..CONNECTIONS).map(connect).collect::<Result<Vec<_>>>()?;
    // All are open now. Each sends its first half before any sends the second.
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(connection, "client {number},")?;
    }
    for connection in &mut connections {
        write!(connection, " that is all")?;
        connection.shutdown(Shutdown::Write)?;
    }
    for (number, connection) in connections.iter_mut().enumerate() {
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).with_context(|| format!("client {number}"))?;
        ensure!(answer == b"down:got it", "client {number} received {}", answer.escape_ascii());
    }
    let mut arrived = (0..CONNECTIONS).map(|_| upstream.next()).collect::<Result<Vec<_>>>()?;
    let mut expected: Vec<_> =
        (0..CONNECTIONS).map(|number| format!("up:client {number}, that is all").into_bytes()).collect();
    arrived.sort();
    expected.sort();
    ensure!(arrived == expected, "the upstream received other bytes");
    println!("tcp-prepend: {CONNECTIONS} connections at once in {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}
