//! Requests in slices of time.
//!
//! The rows take turns, so that a disturbance of the machine hits all of them. It makes slices slower, never faster, so the
//! first quartile over a row's slices says more than the median.

use std::thread::ScopedJoinHandle;

use anyhow::{Context, Result, anyhow};
use harness::Envoy;
use harness::usage::cpu_time;

use crate::client::Connection;
use crate::results::{Measured, Served};
use crate::row::Row;
use crate::statistics::quantile;

/// How to send requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// What progress messages say.
    pub(crate) title: &'static str,
    /// The slices of each row.
    pub(crate) rounds: usize,
    /// Connections to each row, each with a thread.
    pub(crate) connections: usize,
    /// Requests on each connection before those that count.
    pub(crate) warm_up: u64,
    /// Sends the requests of a slice and returns their latencies in microseconds.
    pub(crate) send: fn(&mut Connection) -> Result<Vec<f64>>,
}

/// Measures rows that an Envoy serves.
///
/// # Errors
/// A request fails, or Envoy ends.
pub(crate) fn in_turn(envoy: &Envoy, rows: &[Row], plan: Plan) -> Result<Vec<Measured<Served>>> {
    let mut connected = Vec::new();
    for row in rows {
        let mut connections = Vec::new();
        for _ in 0..plan.connections {
            let mut connection = Connection::open(envoy.address(row.id)?)?;
            connection.exchange_many(plan.warm_up).context(row.id)?;
            connections.push(connection);
        }
        connected.push((row, connections, Vec::new()));
    }
    for round in 1..=plan.rounds {
        eprintln!("{}: {round} of {}", plan.title, plan.rounds);
        for (row, connections, slices) in &mut connected {
            slices.push(slice(envoy, connections, plan.send).context(row.id)?);
        }
    }
    Ok(connected.into_iter().map(|(row, _, slices)| Measured::new(row, quartiles(&slices))).collect())
}

/// Sends requests on all connections at once.
fn slice(
    envoy: &Envoy,
    connections: &mut [Connection],
    send: fn(&mut Connection) -> Result<Vec<f64>>,
) -> Result<Served> {
    let before = cpu_time(envoy.id())?;
    let latencies = std::thread::scope(|scope| {
        let start = |connection| scope.spawn(move || send(connection));
        let threads: Vec<_> = connections.iter_mut().map(start).collect();
        let join =
            |thread: ScopedJoinHandle<'_, _>| thread.join().map_err(|_| anyhow!("a client panicked"))?;
        threads.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?
    .concat();
    let cpu = cpu_time(envoy.id())?.saturating_sub(before);
    let part = |part| quantile(latencies.clone(), part);
    let cpu_us = cpu.as_secs_f64() * 1e6 / latencies.len() as f64;
    Ok(Served { cpu_us, p50_us: part(0.5), p90_us: part(0.9), p99_us: part(0.99) })
}

fn quartiles(slices: &[Served]) -> Served {
    let of = |value: fn(&Served) -> f64| quantile(slices.iter().map(value).collect(), 0.25);
    Served {
        cpu_us: of(|served| served.cpu_us),
        p50_us: of(|served| served.p50_us),
        p90_us: of(|served| served.p90_us),
        p99_us: of(|served| served.p99_us),
    }
}
