//! Writes to the proxy's log through the macros of the `log` crate.
//!
//! A line below the proxy's log level costs one comparison. The layer reads the proxy's level when the plugin
//! is configured and then once a second, never during a request. After
//! `curl -X POST admin/logging?wasm=debug`, debug lines appear within that second.
//!
//! ```
//! log::info!("configured with {} rules", 3);
//! ```

use std::cell::Cell;
use std::fmt;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::clock;
use crate::config::ConfigError;
use crate::sys::{self, HostError, LogLevel};
use crate::vm;

/// Passes lines of the `log` crate on to the host.
struct HostLog;

impl Log for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        level_of(metadata.level()) >= vm::current(|vm| vm.log_level.get())
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            // If logging itself fails, there is no way to report it.
            _ = sys::log(level_of(record.level()), record.args().to_string().as_bytes());
        }
    }

    fn flush(&self) {}
}

fn level_of(level: Level) -> LogLevel {
    match level {
        Level::Error => LogLevel::Error,
        Level::Warn => LogLevel::Warn,
        Level::Info => LogLevel::Info,
        Level::Debug => LogLevel::Debug,
        Level::Trace => LogLevel::Trace,
    }
}

/// Reads the proxy's log level.
pub(crate) fn refresh_level() {
    if let Ok(level) = sys::log_level() {
        vm::current(|vm| vm.log_level.set(level));
    }
    // Fails if a logger is already installed: this one, or a test's.
    _ = log::set_logger(&HostLog);
    log::set_max_level(max_level());
}

/// Returns the level for the `log` crate. In a module this is the level of its only VM, so the macros filter
/// lines without a call. Natively, several VMs share the crate's level, and [`HostLog`] filters lines.
fn max_level() -> LevelFilter {
    if !sys::HAS_ONE_VM {
        return LevelFilter::Trace;
    }
    match vm::current(|vm| vm.log_level.get()) {
        LogLevel::Trace => LevelFilter::Trace,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Warn => LevelFilter::Warn,
        LogLevel::Error => LevelFilter::Error,
        LogLevel::Critical | LogLevel::Off => LevelFilter::Off,
    }
}

/// Logs why a configuration is refused.
pub(crate) fn configuration_refused(reason: &ConfigError) {
    log::error!("configuration refused: {reason}");
}

/// Logs a warning at most once a second, for failures that may happen on every request.
///
/// ```
/// use proxy_filter::HostError;
/// use proxy_filter::logging::Throttled;
///
/// #[derive(Default)]
/// struct Limiter {
///     failures: Throttled,
/// }
///
/// impl Limiter {
///     fn failed(&self, reason: HostError) -> Result<(), HostError> {
///         self.failures.warn(format_args!("shared data failed, requests pass: {reason}"))
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct Throttled {
    last: Cell<Option<u64>>,
}

impl Throttled {
    /// Logs the line, unless this `Throttled` logged one within the last second.
    ///
    /// # Errors
    /// Returns the host's error if it has no clock.
    pub fn warn(&self, line: fmt::Arguments<'_>) -> Result<(), HostError> {
        const SECOND: u64 = 1_000_000_000;
        let now = clock::monotonic_nanoseconds()?;
        if self.last.get().is_none_or(|last| now.saturating_sub(last) >= SECOND) {
            self.last.set(Some(now));
            log::warn!("{line}");
        }
        Ok(())
    }
}
