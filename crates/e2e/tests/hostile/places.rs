//! Requests in flight: whatever clients did before, exactly as many as allowed fit.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::http::Request;

use crate::idle;
use crate::message::Message;
use crate::proxy::AT_ONCE;
use crate::upstream::{HANG, Upstream};

/// How long to wait for requests to arrive or to end: less than the timeout of the route.
const PATIENCE: Duration = Duration::from_secs(4);

/// Fills all places of a listener, tries one more, and empties them, twice.
pub(crate) fn expect_all(
    envoy: &Envoy,
    upstream: &Upstream,
    listener: &str,
    address: SocketAddr,
) -> Result<()> {
    for _ in 0..2 {
        idle::wait_for_zero(envoy, &format!("http.{listener}.downstream_rq_active"))?;
        wait_for(upstream, 0).with_context(|| format!("{listener}, before"))?;
        let held = (0..AT_ONCE).map(|number| hang(address, number)).collect::<Result<Vec<_>>>()?;
        wait_for(upstream, AT_ONCE)
            .with_context(|| format!("{listener}: fewer than {AT_ONCE} fit: {}", answered(&held)))?;
        let more = Request::get("/").send(address)?;
        ensure!(more.status == 429, "{listener}: one more than {AT_ONCE} got {}", more.status);
        drop(held);
    }
    wait_for(upstream, 0).context(listener.to_owned())
}

/// Sends a request that gets no response, with a forged address of its own.
fn hang(address: SocketAddr, number: usize) -> Result<TcpStream> {
    let mut connection = TcpStream::connect(address)?;
    let request =
        Message::get("/").header(HANG, "1").header("x-forwarded-for", format!("192.0.2.{}", number % 250));
    connection.write_all(&request.http1())?;
    Ok(connection)
}

/// Shows how many of the requests that should hang are answered, and an answer.
fn answered(held: &[TcpStream]) -> String {
    let answer = |mut connection: &TcpStream| {
        let mut bytes = [0; 1024];
        connection.set_nonblocking(true).ok()?;
        let size = connection.read(&mut bytes).ok()?;
        Some(bytes.get(..size)?.escape_ascii().to_string())
    };
    let answers: Vec<_> = held.iter().filter_map(answer).collect();
    format!("{} answered, for example {:?}", answers.len(), answers.last())
}

fn wait_for(upstream: &Upstream, requests: usize) -> Result<()> {
    let start = Instant::now();
    while upstream.hanging() != requests {
        ensure!(start.elapsed() < PATIENCE, "{} requests, expected {requests}", upstream.hanging());
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
