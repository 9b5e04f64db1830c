//! Requests at full speed: each connection sends the next request when it has the response to the last one.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::Envoy;

use crate::client::Connection;
use crate::results::{Measured, Served};
use crate::row::{self, Row};
use crate::slice::{Plan, in_turn};
use crate::upstream;

/// Enough to keep Envoy's worker busy.
pub(crate) const CONNECTIONS: usize = 4;

const SLICE: Duration = Duration::from_millis(125);

const PLAN: Plan =
    Plan { title: "at full speed", rounds: 32, connections: CONNECTIONS, warm_up: 2_000, send: full_speed };

/// Measures all rows in one Envoy with one worker.
///
/// # Errors
/// Envoy does not start, or a request fails.
pub(crate) fn measure(rows: &[Row]) -> Result<Vec<Measured<Served>>> {
    let envoy = Envoy::start(&row::bootstrap(rows, upstream::start()?))?;
    in_turn(&envoy, rows, PLAN)
}

fn full_speed(connection: &mut Connection) -> Result<Vec<f64>> {
    let (start, mut latencies) = (Instant::now(), Vec::new());
    while start.elapsed() < SLICE {
        let sent = Instant::now();
        connection.exchange()?;
        latencies.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    Ok(latencies)
}
