//! A slice of time in which requests are sent to one row.
//!
//! The rows take turns, so that a disturbance of the machine hits all of them, and medians over the slices ignore it.

use anyhow::{Result, anyhow};

use crate::client::Connection;
use crate::process::cpu_time;
use crate::results::Served;
use crate::statistics::{median, quantile};

/// What a slice measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice(Served);

impl Slice {
    /// Sends requests on all connections at once with `send`, which returns their latencies in microseconds. `envoy` is
    /// Envoy's process id.
    ///
    /// # Errors
    /// A request fails, or Envoy has ended.
    pub(crate) fn of(
        envoy: u32,
        connections: &mut [Connection],
        send: impl Fn(&mut Connection) -> Result<Vec<f64>> + Sync,
    ) -> Result<Self> {
        let before = cpu_time(envoy)?;
        let latencies = std::thread::scope(|scope| {
            let send = &send;
            let threads: Vec<_> =
                connections.iter_mut().map(|connection| scope.spawn(move || send(connection))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().map_err(|_| anyhow!("a client panicked"))?
            };
            threads.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?
        .concat();
        let cpu = cpu_time(envoy)?.saturating_sub(before);
        let part = |part| quantile(latencies.clone(), part);
        let cpu_us = cpu.as_secs_f64() * 1e6 / latencies.len() as f64;
        Ok(Self(Served { cpu_us, p50_us: part(0.5), p90_us: part(0.9), p99_us: part(0.99) }))
    }
}

/// Returns the medians over slices.
pub(crate) fn summary(slices: Vec<Slice>) -> Served {
    let of = |value: fn(&Served) -> f64| median(slices.iter().map(|Slice(served)| value(served)).collect());
    Served {
        cpu_us: of(|served| served.cpu_us),
        p50_us: of(|served| served.p50_us),
        p90_us: of(|served| served.p90_us),
        p99_us: of(|served| served.p99_us),
    }
}
