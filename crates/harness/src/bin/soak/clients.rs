//! The clients: those that load Envoy, those that measure, those that leave, and those of TCP filters.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fastrand::Rng;
use harness::proxy_protocol::{PROXY, SIGNATURE, TCP4};
use harness::recorder;

use crate::client::{Client, NOT_ANSWERED, STREAMS};
use crate::request::Request;
use crate::seen::Seen;

/// Connections in HTTP/1.1 that load Envoy.
const HTTP1: u64 = 8;

/// Connections in HTTP/2 that load Envoy.
const HTTP2: u64 = 2;

/// The most requests and connections that can be in flight at once, without those of clients that leave.
pub(crate) const IN_FLIGHT: u64 = HTTP1 + HTTP2 * STREAMS as u64 + 2;

/// The time between two probes.
const PROBES: Duration = Duration::from_millis(20);

/// The time between two clients that leave.
const LEAVES: Duration = Duration::from_millis(10);

/// The time between two TCP connections.
const CONNECTIONS: Duration = Duration::from_millis(10);

/// Work of a client until the soak ends.
pub(crate) type Work<'a> = Box<dyn FnOnce() -> Result<()> + Send + 'a>;

/// Returns all clients.
pub(crate) fn all(seen: &Seen, [http, tcp]: [SocketAddr; 2]) -> Vec<(&'static str, Work<'_>)> {
    let http1 = (0..HTTP1).map(|seed| (seed, Client::http1(http)));
    let http2 = (0..HTTP2).map(|seed| (seed.saturating_add(HTTP1), Client::http2(http)));
    let load = http1.chain(http2).map(|(seed, client)| {
        let work: Work<'_> = Box::new(move || load(seen, client, seed));
        ("a client", work)
    });
    let others: [(&str, Work<'_>); 3] = [
        ("the probe", Box::new(move || probe(seen, http))),
        ("a client that leaves", Box::new(move || leave(seen, http))),
        ("a client of TCP", Box::new(move || connect(seen, tcp))),
    ];
    load.chain(others).collect()
}

/// Sends one batch of requests after the other.
fn load(seen: &Seen, mut client: Client, seed: u64) -> Result<()> {
    static FLOODED: AtomicU32 = AtomicU32::new(0);
    let mut random = Rng::with_seed(seed);
    while !seen.is_done() {
        let is_flood = seen.flooding.load(Ordering::Relaxed);
        let requests: Vec<_> = (0..client.batch())
            .map(|_| match is_flood {
                true => Request::of_flood(FLOODED.fetch_add(1, Ordering::Relaxed), &mut random),
                false => Request::random(&mut random),
            })
            .collect();
        send(seen, &mut client, &requests)?;
    }
    Ok(())
}

/// Sends requests, and counts their answers.
fn send(seen: &Seen, client: &mut Client, requests: &[Request]) -> Result<()> {
    for (request, answer) in requests.iter().zip(client.send(requests)?) {
        match answer {
            Some(status) => {
                seen.answer(status);
                request.wrong(status).into_iter().for_each(|wrong| seen.wrong(wrong));
            }
            // Envoy may close a connection at the time of a request, when it stops an old listener.
            None => seen.count(client.not_answered(), 1),
        }
    }
    Ok(())
}

/// Sends one request after the other at a fixed rate.
fn probe(seen: &Seen, address: SocketAddr) -> Result<()> {
    let (mut client, start) = (Client::http1(address), Instant::now());
    for number in 0.. {
        if seen.is_done() {
            break;
        }
        let early = PROBES.saturating_mul(number).checked_sub(start.elapsed());
        early.into_iter().for_each(std::thread::sleep);
        let sent = Instant::now();
        send(seen, &mut client, &[Request::probe(number)])?;
        seen.latency(sent.elapsed());
    }
    Ok(())
}

/// Sends requests, in part or whole, and resets their connections at a random time.
fn leave(seen: &Seen, address: SocketAddr) -> Result<()> {
    let mut random = Rng::with_seed(0);
    while !seen.is_done() {
        let request = Request::random(&mut random).http1();
        let size = if random.bool() { request.len() } else { random.usize(..request.len()) };
        let mut connection = TcpStream::connect(address)?;
        _ = connection.write_all(request.get(..size).unwrap_or_default());
        std::thread::sleep(Duration::from_micros(random.u64(..2000)));
        // The kernel resets a connection that is closed before its response is read.
        drop(connection);
        seen.count("left", 1);
        std::thread::sleep(LEAVES);
    }
    Ok(())
}

/// Opens TCP connections, and compares what the upstream got.
fn connect(seen: &Seen, address: SocketAddr) -> Result<()> {
    const FORGED: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n";
    let begin = [SIGNATURE, &[PROXY, TCP4]].concat();
    while !seen.is_done() {
        match recorder::send(address, &[FORGED, b"payload"], Duration::ZERO) {
            Ok(arrived) => {
                let is_right = arrived.starts_with(&begin) && arrived.ends_with(b"443\r\npayload");
                ensure!(is_right, "a connection brought {}", arrived.escape_ascii());
                seen.count("TCP connections", 1);
            }
            // When Envoy stops an old listener, it closes its connections.
            Err(_) => {
                let [.., tcp] = NOT_ANSWERED;
                seen.count(tcp, 1);
            }
        }
        std::thread::sleep(CONNECTIONS);
    }
    Ok(())
}
