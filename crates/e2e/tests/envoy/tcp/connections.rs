//! Many connections, and connections without data.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::fixture::Fixture;
use harness::recorder::{self, Recorder};

use super::start;

const CONNECTIONS: usize = 1000;

/// Connections that are opened before the upstream gets time to accept them.
const QUEUE: usize = 50;

/// The open file limit for this program and Envoy: both hold two sockets per connection.
const FILES: u64 = 8000;

pub(super) fn empty(_: &Fixture) -> Result<()> {
    let upstream = Recorder::start()?;
    let envoy = start(r#"{"to_upstream": {"payload": {"text": "prefix:"}}}"#, upstream.address())?;
    let answer = recorder::send(envoy.address("tcp")?, &[], Duration::ZERO)?;
    ensure!(upstream.next()?.is_empty(), "the upstream received a payload without data");
    ensure!(answer == recorder::ANSWER, "the answer after the half-close is lost");
    let sending = start(
        r#"{"to_upstream": {"payload": {"text": "prefix:"}}, "on_empty": "send"}"#,
        upstream.address(),
    )?;
    recorder::send(sending.address("tcp")?, &[], Duration::ZERO)?;
    ensure!(upstream.next()? == b"prefix:", "with `on_empty: send` the upstream must receive the payload");
    for envoy in [&envoy, &sending] {
        // These leave before Envoy connects to the upstream, or just after.
        for _ in 0..50 {
            drop(TcpStream::connect(envoy.address("tcp")?)?);
        }
        let (start, active) = (Instant::now(), || envoy.stat("listener.tcp.downstream_cx_active"));
        while active()?.is_none_or(|active| active > 0) {
            ensure!(start.elapsed() < Duration::from_secs(10), "{:?} connections are still open", active()?);
            std::thread::sleep(Duration::from_millis(20));
        }
        recorder::send(envoy.address("tcp")?, &[b"still here"], Duration::ZERO)?;
        let mut seen = Vec::new();
        while seen != b"prefix:still here" {
            seen = upstream.next().context("Envoy no longer serves connections")?;
        }
    }
    Ok(())
}

pub(super) fn a_thousand(_: &Fixture) -> Result<()> {
    rlimit::increase_nofile_limit(FILES)?;
    let upstream = Recorder::start()?;
    let configuration =
        r#"{"to_upstream": {"payload": {"text": "up:"}}, "to_client": {"payload": {"text": "down:"}}}"#;
    let envoy = start(configuration, upstream.address())?;
    let begin = Instant::now();
    let connect = |number: usize| {
        // The upstream's accept queue is short, and the kernel resets what does not fit.
        if number.is_multiple_of(QUEUE) {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(TcpStream::connect(envoy.address("tcp")?)?)
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
