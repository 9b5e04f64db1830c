//! PROXY protocol headers that the client sends, and what follows them to the upstream.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::certificate::Certificate;
use harness::fixture::Fixture;
use harness::haproxy::Haproxy;
use harness::proxy_protocol::{PROXY, SIGNATURE, TCP4};
use serde_json::json;

use super::listener::Listener;
use super::proxy_protocol::read;
use super::upstream;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n";

/// Adds a checksum, and merges the headers of all clients here.
const CONFIGURATION: &str = r#"{"to_upstream": {"payload": {"proxy_protocol": {
    "version": 2, "crc32c": true, "merge": {"from": ["127.0.0.0/8"]}
}}}}"#;

/// Version 2, from 192.0.2.7, port 40001, to 198.51.100.9, port 443, with the server name `a.example` and a zone.
fn header() -> Vec<u8> {
    let tlvs = b"\x02\0\x09a.example\xe4\0\x04west";
    let addresses = b"\xc0\0\x02\x07\xc6\x33\x64\x09\x9c\x41\x01\xbb";
    harness::proxy_protocol::header(PROXY, TCP4, &[addresses.as_slice(), tlvs].concat())
}

/// Sends parts with pauses between them, and returns the answer. An error of the connection is the end of it.
fn send(address: SocketAddr, parts: &[&[u8]]) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    for part in parts {
        connection.write_all(part)?;
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut answer = Vec::new();
    _ = connection.read_to_end(&mut answer);
    Ok(answer)
}

pub(super) fn haproxy(fixture: &Fixture) -> Result<()> {
    let haproxy = Haproxy::start(&Certificate::self_signed("a.example")?)?;
    let through = Listener::start(fixture, CONFIGURATION, haproxy.plain())?;
    let header = header();
    let (start, end) = header.split_at(20);
    for parts in [&[&*header, REQUEST][..], &[start, end, REQUEST], &[&[header.as_slice(), REQUEST].concat()]]
    {
        let before = haproxy.log().len();
        let answer = send(through.address()?, parts)?;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", answer.escape_ascii());
        haproxy.expect_line("client 192.0.2.7 asked for a.example", before)?;
    }
    // HAProxy compares the checksum: it refuses the same header with another address.
    let (address, recorder) = upstream::until(REQUEST.to_vec())?;
    let recorded = Listener::start(fixture, CONFIGURATION, address)?;
    send(recorded.address()?, &[&header, REQUEST])?;
    let mut sent = recorder.join().ok().context("the upstream panicked")??;
    let answer = send(haproxy.plain(), &[&sent])?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", answer.escape_ascii());
    *sent.get_mut(16).context("no address")? ^= 1;
    let answer = send(haproxy.plain(), &[&sent])?;
    ensure!(answer.is_empty(), "HAProxy accepts a wrong checksum: {}", answer.escape_ascii());
    println!("tcp-prepend: HAProxy logs the address that a client of Envoy sent, and compares the checksum");
    Ok(())
}

/// The bytes that the filter holds go nowhere, and Envoy's idle timeout ends the connection.
pub(super) fn unfinished(fixture: &Fixture) -> Result<()> {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let through = Listener::start_with(fixture, CONFIGURATION, silent.local_addr()?, |bootstrap| {
        bootstrap.idle_timeout(Duration::from_secs(1))
    })?;
    let begin = Instant::now();
    let answer = send(through.address()?, &[b"PROXY TCP4 192.0.2.7 "])?;
    ensure!(answer.is_empty() && begin.elapsed() < Duration::from_secs(8), "the connection stays open");
    let mut arrived = Vec::new();
    _ = silent.accept()?.0.read_to_end(&mut arrived);
    ensure!(arrived.is_empty(), "the upstream got {}", arrived.escape_ascii());
    Ok(())
}

/// The client's header is enough for the filter's own to reach a server that waits for it before its greeting.
pub(super) fn server_first(fixture: &Fixture) -> Result<()> {
    /// The size of a TLV with a checksum.
    const CHECKSUM: usize = 7;
    let header = header();
    let (address, server) = upstream::greet_after(header.len().saturating_add(CHECKSUM))?;
    let through = Listener::start(fixture, CONFIGURATION, address)?;
    let mut client = upstream::patient(TcpStream::connect(through.address()?)?)?;
    client.write_all(&header)?;
    let mut greeting = [0; 11];
    client.read_exact(&mut greeting)?;
    ensure!(&greeting == b"220 hello\r\n", "{}", greeting.escape_ascii());
    drop(client);
    let heard = upstream::ended(server, "the upstream")?;
    ensure!(heard.starts_with(&[SIGNATURE, &[PROXY, TCP4]].concat()), "{}", heard.escape_ascii());
    Ok(())
}

/// What the README names for headers that Envoy's own listener filter reads.
pub(super) fn metadata(fixture: &Fixture) -> Result<()> {
    let configuration = r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{
        "type": "0xE4",
        "value": "%ATTR(metadata.filter_metadata.envoy.filters.listener.proxy_protocol.zone)%"
    }]}}}}"#;
    let listener_filter = json!({
        "name": "envoy.filters.listener.proxy_protocol",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
            "rules": [{"tlv_type": 0xe4, "on_tlv_present": {"key": "zone"}}],
        },
    });
    let (address, recorder) = upstream::until(REQUEST.to_vec())?;
    let through = Listener::start_with(fixture, configuration, address, |bootstrap| {
        bootstrap.listener_filter(listener_filter)
    })?;
    send(through.address()?, &[&header(), REQUEST])?;
    let arrived = recorder.join().ok().context("the upstream panicked")??;
    let (_, tlvs, _) = read(&arrived)?;
    ensure!(tlvs == [(0xe4, b"west".to_vec())], "{tlvs:?}");
    Ok(())
}
