//! Sends the requests of a job, and checks what comes of them.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use book::cookbook::{Exchange, Job};
use harness::http::{Response, receive};
use proxy_filter_test::Upstream;
use proxy_filter_trial::Request;

use super::check::{Outcome, check};
use super::grpc;

/// How long an exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the exchanges of a job at this address.
pub(crate) fn run(job: &Job, address: SocketAddr, upstream: &Upstream) -> Result<()> {
    let start = Instant::now();
    for (number, exchange) in (1..).zip(&job.exchanges) {
        for repetition in 1..=exchange.repeat {
            expect(job, exchange, address, upstream, start)
                .with_context(|| format!("exchange {number} of `{}`, request {repetition}", job.title))?;
        }
    }
    Ok(())
}

/// Sends a request. If a limit has let a token come back since the start, so that the request is not limited, sends it
/// again.
fn expect(
    job: &Job,
    exchange: &Exchange,
    address: SocketAddr,
    upstream: &Upstream,
    start: Instant,
) -> Result<()> {
    let request = exchange.request.as_ref().context("no request")?;
    upstream.set(exchange.upstream.response());
    let mut more = 0_u128;
    loop {
        // Discards the requests of an earlier exchange.
        upstream.requests();
        let response = send(request, address, job.trusts_a_proxy())?;
        let elapsed = start.elapsed();
        let outcome = Outcome { response, upstream: upstream.requests().pop(), elapsed };
        let checked = check(&exchange.expect, &outcome);
        let refill = exchange.expect.refill_ms.map(u128::from);
        let refills = refill.and_then(|refill| elapsed.as_millis().checked_div(refill)).unwrap_or_default();
        if checked.is_ok() || more >= refills {
            return checked;
        }
        more = more.saturating_add(1);
    }
}

/// Sends a request as its client does or, if Envoy trusts a proxy in front, as that proxy does: with the client's address and
/// scheme. The PROXY protocol gives the connection the client's address.
fn send(request: &Request, address: SocketAddr, is_trusted: bool) -> Result<Response> {
    let message = request.message();
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(proxied(message.client.parse()?).as_bytes())?;
    if grpc::is_call(&message) {
        return grpc::call(&message, connection);
    }
    let value = |name: &[u8]| message.headers.first(name).unwrap_or_default();
    let line = |name: &[u8], value: &[u8]| [name, b": ", value, b"\r\n"].concat();
    let mut head = [value(b":method"), b" ", value(b":path"), b" HTTP/1.1\r\n"].concat();
    head.extend(line(b"host", value(b":authority")));
    head.extend(line(b"connection", b"close"));
    for (name, value) in message.headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        head.extend(line(name, value));
    }
    // The message has the scheme as `x-forwarded-proto`, too.
    let scheme = message.headers.first(b":scheme").unwrap_or(b"http");
    if is_trusted {
        head.extend(line(b"x-forwarded-for", message.client.as_bytes()));
    } else {
        ensure!(scheme == b"http", "the listener has no TLS, and Envoy trusts no proxy that says otherwise");
    }
    head.extend(line(b"x-forwarded-for", message.client.as_bytes()));
    let body = message.body.concat();
    if !body.is_empty() || request.method != "GET" {
        head.extend(line(b"content-length", body.len().to_string().as_bytes()));
    }
    connection.write_all(&[&head, b"\r\n".as_slice(), &body].concat())?;
    receive(&mut connection)
}

/// Returns the header of the PROXY protocol, version 1, for a client with this address.
fn proxied(client: IpAddr) -> String {
    let (family, server) = if client.is_ipv4() { ("TCP4", "127.0.0.1") } else { ("TCP6", "::1") };
    format!("PROXY {family} {client} {server} 40000 80\r\n")
}
