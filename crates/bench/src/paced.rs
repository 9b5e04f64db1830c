//! Requests at a fixed rate through an Envoy to a real nginx.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::Envoy;
use harness::nginx::Nginx;

use crate::client::Connection;
use crate::results::{Measured, Served};
use crate::row::{self, Row};
use crate::slice::{Plan, in_turn};

/// Requests per second, on all connections together. Far below what Envoy's worker can serve.
pub(crate) const RATE: u32 = 2_000;

const CONNECTIONS: u8 = 8;

const SLICE: Duration = Duration::from_secs(1);

const PLAN: Plan = Plan {
    title: "at a fixed rate",
    rounds: 16,
    connections: CONNECTIONS as usize,
    warm_up: 500,
    send: fixed_rate,
};

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
    in_turn(&envoy, &rows, PLAN)
}

/// Sends a connection's share of the rate. A request that has to wait for the response to the one before counts this
/// wait in its latency.
fn fixed_rate(connection: &mut Connection) -> Result<Vec<f64>> {
    let interval =
        Duration::from_secs(1).saturating_mul(CONNECTIONS.into()).checked_div(RATE).unwrap_or_default();
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
