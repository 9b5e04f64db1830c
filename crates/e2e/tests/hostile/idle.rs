//! Waits until Envoy has nothing left to do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Envoy;

/// The longest time until everything has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// From the end of a request or a connection, as Envoy counts it, to the end of its filters, which Envoy deletes a moment later.
const DELETION: Duration = Duration::from_millis(50);

/// Waits until a gauge is 0.
pub(crate) fn wait(envoy: &Envoy, gauge: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        let value = envoy.stat(gauge)?;
        if value == Some(0) {
            std::thread::sleep(DELETION);
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{gauge} is {value:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
