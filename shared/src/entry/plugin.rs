//! One plugin: a root context and its configuration.

use std::rc::Rc;

use super::{Connection, HttpEntry, HttpStream, PluginEntry, TcpEntry};
use crate::sys::{self, BufferType};
use crate::{buffer, logging, metric};

/// How often the layer reads the proxy's log level and reports counters, in milliseconds.
const PERIOD: u32 = 1000;

/// A plugin, which has a filter once it is configured.
#[derive(Debug)]
pub struct PluginContext<F> {
    filter: Option<Rc<F>>,
    ticks: Ticks,
}

/// Derives the filter's ticks from the host's.
#[derive(Debug, Default)]
struct Ticks {
    /// Milliseconds between two ticks of the host.
    host: u32,
    /// Milliseconds between two ticks of the filter.
    filter: Option<u32>,
    /// Milliseconds since the filter's last tick.
    since: u32,
}

impl<F> Default for PluginContext<F> {
    fn default() -> Self {
        Self { filter: None, ticks: Ticks::default() }
    }
}

impl<F: PluginEntry> PluginContext<F> {
    /// Reads `size` bytes of configuration and compiles them. Returns `false` to refuse them.
    pub fn configure(&mut self, size: usize) -> bool {
        logging::refresh_level();
        let bytes = buffer::read(BufferType::PluginConfiguration, size);
        match bytes.map_err(Into::into).and_then(|bytes| F::configured(&bytes)) {
            Ok(filter) => {
                self.ticks = Ticks::start(filter.tick_period());
                self.filter = Some(Rc::new(filter));
                true
            }
            Err(reason) => {
                logging::configuration_refused(&reason);
                false
            }
        }
    }

    /// Handles a tick of the host.
    pub fn tick(&mut self) {
        logging::refresh_level();
        metric::report();
        if let Some(filter) = &self.filter
            && self.ticks.is_filters()
        {
            filter.tick();
        }
    }
}

impl<F> Drop for PluginContext<F> {
    fn drop(&mut self) {
        metric::report();
    }
}

impl Ticks {
    /// Requests ticks from the host, as often as the filter or the layer needs them.
    fn start(filter: Option<u32>) -> Self {
        let host = filter.unwrap_or(PERIOD).min(PERIOD);
        if let Err(reason) = sys::set_tick_period(host) {
            log::warn!(
                "cannot set the tick period, so log level changes have no effect, and counters are reported only when the \
                 plugin is removed: {reason}"
            );
        }
        Self { host, filter, since: 0 }
    }

    /// Counts a tick of the host. Returns whether the filter's tick is due.
    fn is_filters(&mut self) -> bool {
        let Some(period) = self.filter else { return false };
        self.since = self.since.saturating_add(self.host);
        let is_due = self.since >= period;
        if is_due {
            self.since = self.since.saturating_sub(period);
        }
        is_due
    }
}

impl<F: HttpEntry> PluginContext<F> {
    /// Starts a stream; `context` is its context id.
    pub fn http_stream(&self, context: u32) -> HttpStream<F> {
        HttpStream::new(context, self.filter.clone())
    }
}

impl<F: TcpEntry> PluginContext<F> {
    /// Starts a connection.
    pub fn connection(&self) -> Connection<F> {
        Connection::new(self.filter.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_gets_its_own_period() {
        for (period, host, expected) in [
            (Some(100), 100, "1111111111"),
            (Some(1000), 1000, "1111111111"),
            (Some(3000), 1000, "0010010010"),
            (Some(1500), 1000, "0110110110"),
            (None, 1000, "0000000000"),
        ] {
            let mut ticks = Ticks::start(period);
            assert_eq!(ticks.host, host);
            let due: String = (0..10).map(|_| if ticks.is_filters() { '1' } else { '0' }).collect();
            assert_eq!(due, expected, "{period:?}");
        }
    }
}
