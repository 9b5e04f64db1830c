//! Waits until Envoy has nothing left to do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Envoy;

/// The longest time until everything has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// From the end of a request or a connection, as Envoy counts it, to the end of its filters, which Envoy deletes a moment later.
const DELETION: Duration = Duration::from_millis(50);

/// Waits until a gauge is 0.
pub(crate) fn wait_for_zero(envoy: &Envoy, gauge: &str) -> Result<()> {
    wait_until(envoy, gauge, |value| value == 0)?;
    std::thread::sleep(DELETION);
    Ok(())
}

/// Waits until a counter is at least this.
pub(crate) fn wait_for_at_least(envoy: &Envoy, counter: &str, least: u64) -> Result<()> {
    wait_until(envoy, counter, |value| value >= least)
}

fn wait_until(envoy: &Envoy, name: &str, is_reached: impl Fn(u64) -> bool) -> Result<()> {
    let start = Instant::now();
    loop {
        let value = envoy.stat(name)?;
        if value.is_some_and(&is_reached) {
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{name} is still {value:?} after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
