//! Where connections are decided about, and when their places are given back.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::absent::Absent;
use harness::bootstrap::{Bootstrap, Inspector};
use harness::certificate::Certificate;
use harness::fixture::Fixture;
use harness::http::receive;
use harness::{Envoy, built, locate};

use super::client::{Opened, open, open_with};
use super::upstream::Upstream;
use crate::route;

const ONE_AT_ONCE: &str = r#"{"rules": [{"concurrency": 1}]}"#;
const ONE_AN_HOUR: &str = r#"{"rules": [{"limit": 1, "period": "1h"}]}"#;

/// How long Envoy may take to give a place back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a connection as soon as there is a place for it.
fn open_soon(address: SocketAddr) -> Result<TcpStream> {
    let start = Instant::now();
    loop {
        match open(address)? {
            opened @ Opened::Greeted(_) => return opened.greeted(),
            _ => ensure!(start.elapsed() < PATIENCE, "the place is not given back"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(super) fn idle(_: &Fixture) -> Result<()> {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let upstream = Upstream::start()?;
    let filters = [built::filter("rate-limit-tcp", ONE_AT_ONCE)];
    let bootstrap = Bootstrap::default()
        .idle_timeout(TIMEOUT)
        .cluster("greeter", upstream.address)
        .tcp("limited", &filters, "greeter");
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let begin = Instant::now();
    let idle = open(address)?.greeted()?;
    ensure!(!open(address)?.is_greeted(), "two connections are open");
    open_soon(address)?;
    ensure!(begin.elapsed() > TIMEOUT.mul_f64(0.9), "the place was given back early");
    drop(idle);
    Ok(())
}

pub(super) fn unreachable(_: &Fixture) -> Result<()> {
    let absent = Absent::new()?;
    let envoy = super::start(ONE_AT_ONCE, absent.address)?;
    let address = envoy.address("limited")?;
    // Envoy closes both kinds of connections, so only its counters tell them apart.
    let name = "wasmcustom.rate_limit_tcp.allowed.filter.limited-rate-limit-tcp.rule.rule-0";
    for _ in 0..5 {
        ensure!(!open(address)?.is_greeted(), "nobody listens there");
        // Until Envoy has given the place back.
        std::thread::sleep(Duration::from_millis(200));
    }
    let start = Instant::now();
    while envoy.count(name)? < 5 {
        ensure!(start.elapsed() < PATIENCE, "{} of 5 connections were allowed", envoy.count(name)?);
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Returns whether Envoy closes a connection on which the client sends nothing.
fn is_closed_unasked(address: SocketAddr) -> Result<bool> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    match connection.read(&mut [0]) {
        Ok(0) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        other => Err(anyhow::anyhow!("{other:?}")),
    }
}

pub(super) fn tls(_: &Fixture) -> Result<()> {
    let upstream = Upstream::start()?;
    let certificate = Certificate::self_signed("shop.example")?;
    let filters = [built::filter("rate-limit-tcp", ONE_AN_HOUR)];
    let bootstrap = Bootstrap::default()
        .terminate_tls(&certificate.pem, &certificate.key)
        .cluster("greeter", upstream.address)
        .tcp("limited", &filters, "greeter");
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    ensure!(!is_closed_unasked(address)?, "the first connection is closed before its handshake");
    ensure!(is_closed_unasked(address)?, "the second connection is not closed before its handshake");
    Ok(())
}

pub(super) fn http(_: &Fixture) -> Result<()> {
    // Takes the filter from a TCP listener.
    let filters = [built::filter("rate-limit-tcp", ONE_AN_HOUR)];
    let bootstrap = Bootstrap::default()
        .cluster("greeter", Upstream::start()?.address)
        .tcp("donor", &filters, "greeter")
        .routed("http", &[], &[route::direct_response()]);
    let mut configuration = bootstrap.to_json();
    let listeners = &mut configuration["static_resources"]["listeners"];
    let filter = listeners[0]["filter_chains"][0]["filters"][0].clone();
    let chain = listeners[1]["filter_chains"][0]["filters"].as_array_mut().context("no filters")?;
    chain.insert(0, filter);
    let envoy = Envoy::start_text(&locate::envoy(), "envoy.json", &configuration.to_string())?;
    let address = envoy.address("http")?;
    let mut first = TcpStream::connect(address)?;
    for _ in 0..2 {
        first.write_all(b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n")?;
        let response = receive(&mut first)?;
        ensure!(response.status == 200, "{response}");
    }
    ensure!(is_closed_unasked(address)?, "the second connection waits for a request");
    ensure!(
        !open_with(address, b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n")?.is_greeted(),
        "a third is served"
    );
    Ok(())
}

pub(super) fn proxy_protocol(_: &Fixture) -> Result<()> {
    let upstream = Upstream::start()?;
    let filters = [built::filter("rate-limit-tcp", ONE_AN_HOUR)];
    let bootstrap = Bootstrap::default()
        .inspector(Inspector::ProxyProtocol)
        .cluster("greeter", upstream.address)
        .tcp("limited", &filters, "greeter");
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    for (client, is_allowed) in [
        ("TCP4 192.0.2.1 192.0.2.9", true),
        ("TCP4 192.0.2.1 192.0.2.9", false),
        ("TCP4 192.0.2.2 192.0.2.9", true),
        ("TCP6 2001:db8::1 2001:db8::9", true),
        ("TCP6 2001:db8::2 2001:db8::9", false),
        ("TCP6 2001:db8:0:1::1 2001:db8::9", true),
        ("TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.9", false),
    ] {
        let header = format!("PROXY {client} 40000 443\r\n");
        let is_greeted = open_with(address, header.as_bytes())?.is_greeted();
        ensure!(is_greeted == is_allowed, "{client}: allowed: {is_greeted}");
    }
    Ok(())
}
