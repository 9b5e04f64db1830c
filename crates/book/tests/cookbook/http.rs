//! Sends the requests of a job, and checks what comes of them.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use book::cookbook::{Exchange, Job, Request, Upstream as Reply};
use harness::http::{Response, receive};
use proxy_filter_test::{Response as Message, Upstream};

use super::check::{Outcome, check};

/// How long an exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the exchanges of a job at this address.
pub(crate) fn run(job: &Job, address: SocketAddr, upstream: &Upstream) -> Result<()> {
    let start = Instant::now();
    for (number, exchange) in (1..).zip(&job.exchanges) {
        for repetition in 1..=exchange.repeat {
            expect(exchange, address, upstream, start)
                .with_context(|| format!("exchange {number} of `{}`, request {repetition}", job.title))?;
        }
    }
    Ok(())
}

/// Sends a request. If a limit has let a token come back since the start, so that the request is not limited, sends it
/// again.
fn expect(exchange: &Exchange, address: SocketAddr, upstream: &Upstream, start: Instant) -> Result<()> {
    let request = exchange.request.as_ref().context("no request")?;
    upstream.set(reply(&exchange.upstream));
    let mut more = 0;
    loop {
        // Discards the requests of an earlier exchange.
        upstream.requests();
        let response = send(request, address)?;
        let elapsed = start.elapsed();
        let outcome = Outcome { response, upstream: upstream.requests().pop(), elapsed };
        let checked = check(&exchange.expect, &outcome);
        let refill = exchange.expect.refill_ms.map(u128::from);
        let refills = refill.and_then(|refill| elapsed.as_millis().checked_div(refill)).unwrap_or_default();
        if checked.is_ok() || more >= refills {
            return checked;
        }
        more += 1;
    }
}

fn reply(Reply { status, headers, body }: &Reply) -> Message {
    let response = Message::new(*status).body(&[body]);
    headers.iter().fold(response, |response, (name, value)| response.header(name, value))
}

/// Sends a request as a trusted proxy does, which adds the client's address and scheme.
fn send(request: &Request, address: SocketAddr) -> Result<Response> {
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-forwarded-for: {}\r\n",
        request.method,
        request.path,
        request.authority(),
        request.from,
    );
    let scheme = request.pseudo(":scheme").map(|scheme| ("x-forwarded-proto", scheme));
    for (name, value) in scheme.into_iter().chain(request.plain_headers()) {
        head += &format!("{name}: {value}\r\n");
    }
    if !request.body.is_empty() || request.method != "GET" {
        head += &format!("content-length: {}\r\n", request.body.len());
    }
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(format!("{head}\r\n{}", request.body).as_bytes())?;
    receive(&mut connection)
}
