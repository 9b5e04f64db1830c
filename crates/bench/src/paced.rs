//! Requests at a fixed rate through an Envoy to a real nginx.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::envoy::Envoy;
use harness::nginx::Nginx;

use crate::client::Connection;
use crate::results::{Measured, Served};
use crate::row::{self, Row};
use crate::slice::{Slice, summary};

/// Requests per second: about a quarter of what Envoy's worker can serve.
pub(crate) const RATE: u32 = 2_000;

/// Connections that share the rate, each with a thread.
const CONNECTIONS: u32 = 8;

/// Slices of each row, in turn.
const ROUNDS: usize = 7;

const SLICE: Duration = Duration::from_secs(2);

/// Requests on each connection before those that count.
const WARM_UP: u64 = 500;

/// The rows, which all get nginx as their upstream.
const ROWS: [&str; 3] = [row::NO_FILTER_UPSTREAM, "header-lua", "header-ours"];

/// Measures a few rows in one Envoy with one worker.
///
/// # Errors
/// nginx is missing, nginx or Envoy does not start, or a request fails.
pub(crate) fn measure(rows: &[Row]) -> Result<Vec<Measured<Served>>> {
    let nginx = Nginx::start()?;
    let rows: Vec<_> =
        rows.iter().filter(|row| ROWS.contains(&row.id)).map(Row::in_front_of_upstream).collect();
    let envoy = Envoy::start(&row::bootstrap(&rows, nginx.address()))?;
    let mut connected = Vec::new();
    for row in &rows {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = Connection::open(envoy.address(row.id)?)?;
            connection.exchange_many(WARM_UP).context(row.id)?;
            connections.push(connection);
        }
        connected.push((row, connections, Vec::new()));
    }
    for round in 1..=ROUNDS {
        eprintln!("at {RATE} requests per second: {round} of {ROUNDS}");
        for (row, connections, slices) in &mut connected {
            let slice = Slice::of(envoy.id(), connections, fixed_rate).context(row.id)?;
            slices.push(slice);
        }
    }
    Ok(connected.into_iter().map(|(row, _, slices)| Measured::new(row, summary(slices))).collect())
}

/// Sends a connection's share of the rate. A request that has to wait for the response to the one before counts this
/// wait in its latency.
fn fixed_rate(connection: &mut Connection) -> Result<Vec<f64>> {
    let interval = Duration::from_secs(1).saturating_mul(CONNECTIONS).checked_div(RATE).unwrap_or_default();
    let (start, mut due, mut latencies) = (Instant::now(), Duration::ZERO, Vec::new());
    while due < SLICE {
        let early = due.checked_sub(start.elapsed());
        early.into_iter().for_each(std::thread::sleep);
        // Sleeping takes a little too long, which is not Envoy's fault.
        let begin = if early.is_some() { start.elapsed() } else { due };
        connection.exchange()?;
        latencies.push(start.elapsed().saturating_sub(begin).as_secs_f64() * 1e6);
        due = due.saturating_add(interval);
    }
    Ok(latencies)
}
