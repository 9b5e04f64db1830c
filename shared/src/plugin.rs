//! The phase of the plugin itself, as opposed to those of its streams.

use std::time::Duration;

use crate::Filter;

/// Runs code periodically.
///
/// ```
/// use std::cell::Cell;
/// use std::time::Duration;
///
/// use proxy_filter::plugin::OnTick;
/// use proxy_filter::prelude::*;
///
/// struct Heartbeat {
///     ticks: Cell<u64>,
/// }
/// # impl Filter for Heartbeat {
/// #     fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self { ticks: Cell::new(0) }) }
/// # }
/// # impl HttpFilter for Heartbeat { type Stream = (); type Tag = NoTag; }
/// # impl OnStreamEnd for Heartbeat { fn on_stream_end(&self, _: &mut ()) {} }
///
/// impl OnTick for Heartbeat {
///     fn period(&self) -> Duration {
///         Duration::from_secs(10)
///     }
///
///     fn on_tick(&self) {
///         self.ticks.set(self.ticks.get().wrapping_add(1));
///         log::info!("tick {}", self.ticks.get());
///     }
/// }
///
/// proxy_filter::http_filter!(Heartbeat: StreamEnd; Tick);
/// ```
pub trait OnTick: Filter {
    /// Returns the time between two ticks. The layer calls this once, after the configuration is accepted.
    ///
    /// The shortest period is 1 ms. The host ticks at least once a second, so a longer period that is not a
    /// whole number of seconds is met only on average.
    fn period(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Called once per [`period`](Self::period) on each worker and on the main thread, while the plugin is
    /// loaded.
    fn on_tick(&self);
}
