//! Requests at full speed: each connection sends the next request when it has the response to the last one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::envoy::Envoy;

use crate::client::Connection;
use crate::results::{Measured, Served};
use crate::row::{self, Row};
use crate::slice::{Slice, summary};
use crate::upstream;

/// Slices of each row, in turn.
const ROUNDS: usize = 15;

const SLICE: Duration = Duration::from_millis(250);

/// Connections, each with a thread. Enough to keep Envoy's worker busy.
const CONNECTIONS: usize = 4;

/// Requests on each connection before those that count.
const WARM_UP: u64 = 2_000;

/// Measures all rows in one Envoy with one worker.
///
/// # Errors
/// Envoy does not start, or a request fails.
pub(crate) fn measure(rows: &[Row]) -> Result<Vec<Measured<Served>>> {
    let envoy = Envoy::start(&row::bootstrap(rows, upstream::start()?))?;
    let mut connected = Vec::new();
    for row in rows {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = Connection::open(envoy.address(row.id)?)?;
            connection.exchange_many(WARM_UP).context(row.id)?;
            connections.push(connection);
        }
        connected.push((row, connections, Vec::new()));
    }
    for round in 1..=ROUNDS {
        eprintln!("at full speed: {round} of {ROUNDS}");
        for (row, connections, slices) in &mut connected {
            let slice = Slice::of(envoy.id(), connections, full_speed).context(row.id)?;
            slices.push(slice);
        }
    }
    Ok(connected.into_iter().map(|(row, _, slices)| Measured::new(row, summary(slices))).collect())
}

/// Returns the latency of each request of a slice, in microseconds.
fn full_speed(connection: &mut Connection) -> Result<Vec<f64>> {
    let (start, mut latencies) = (Instant::now(), Vec::new());
    while start.elapsed() < SLICE {
        let sent = Instant::now();
        connection.exchange()?;
        latencies.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    Ok(latencies)
}
