//! Lines in the proxy's log.
//!
//! The macros [`trace!`](crate::trace), [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn) and
//! [`error!`](crate::error) cost a comparison where the line is filtered: the proxy's level is
//! asked for when the plugin is configured and then once a second, never on a request's way. After
//! `curl -X POST admin/logging?wasm=debug` lines appear within that second.

use std::cell::Cell;
use std::fmt;

use crate::clock;
use crate::entry::current_vm;
use crate::sys::{self, HostError};

/// How urgent a line is, numbered as in the ABI.
///
/// ```
/// use proxy_filter::log::Level;
///
/// assert!(Level::Warn > Level::Debug);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    /// Every step.
    Trace = 0,
    /// What the filter decided and why.
    Debug = 1,
    /// What an operator wants to know in passing.
    #[default]
    Info = 2,
    /// What an operator should look at.
    Warn = 3,
    /// What went wrong.
    Error = 4,
    /// What ended the module.
    Critical = 5,
}

/// Asks the proxy for its level.
pub(crate) fn refresh_level() {
    if let Ok(level) = sys::log_level() {
        current_vm(|vm| vm.level.set(level));
    }
}

/// Whether a line of this level would be written.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// if log::enabled(Level::Debug) {
///     proxy_filter::debug!("{}", ["what", "costs", "time"].concat());
/// }
/// # Ok(())
/// # });
/// ```
pub fn enabled(level: Level) -> bool {
    level >= current_vm(|vm| vm.level.get())
}

/// Writes a line, whatever the proxy's level: the macros ask for that first.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// log::write(Level::Info, format_args!("{} rules", 3));
/// # Ok(())
/// # });
/// ```
pub fn write(level: Level, line: fmt::Arguments<'_>) {
    // There is nobody to tell of a failure to tell.
    _ = sys::log(level, &line.to_string());
}

/// A warning that is said at most once a second, so that no client can fill the log with it.
///
/// ```
/// # use proxy_filter::log::Throttled;
/// # proxy_model::filter_fn::on_configure(|| {
/// let fails = Throttled::default(); // a part of the filter
/// fails.warn(format_args!("the service fails"))?;
/// fails.warn(format_args!("the service fails"))?; // in the same second: not said
/// # Ok(())
/// # });
/// ```
#[derive(Debug, Default)]
pub struct Throttled {
    /// When it was said last, in nanoseconds.
    last: Cell<Option<u64>>,
}

impl Throttled {
    /// Warns, unless it did within the last second.
    ///
    /// ```
    /// # use proxy_filter::log::Throttled;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// Throttled::default().warn(format_args!("{} requests were not looked at", 3))?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// The host has no clock.
    pub fn warn(&self, line: fmt::Arguments<'_>) -> Result<(), HostError> {
        const SECOND: u64 = 1_000_000_000;
        let now = clock::monotonic_nanoseconds()?;
        if self.last.get().is_none_or(|last| now.saturating_sub(last) >= SECOND) {
            self.last.set(Some(now));
            crate::warn!("{line}");
        }
        Ok(())
    }
}

/// Logs a step.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// proxy_filter::trace!("{} rules", 3);
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! trace {
    ($($line:tt)+) => { $crate::__log!(Trace, $($line)+) };
}

/// Logs what the filter decided and why.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// let rules = 3;
/// proxy_filter::debug!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! debug {
    ($($line:tt)+) => { $crate::__log!(Debug, $($line)+) };
}

/// Logs what an operator wants to know in passing.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// let rules = 3;
/// proxy_filter::info!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! info {
    ($($line:tt)+) => { $crate::__log!(Info, $($line)+) };
}

/// Logs what an operator should look at.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// let rules = 3;
/// proxy_filter::warn!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! warn {
    ($($line:tt)+) => { $crate::__log!(Warn, $($line)+) };
}

/// Logs what went wrong.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::filter_fn::on_configure(|| {
/// let rules = 3;
/// proxy_filter::error!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! error {
    ($($line:tt)+) => { $crate::__log!(Error, $($line)+) };
}

/// What a line is made of is not looked at unless the line is wanted.
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $($line:tt)+) => {
        if $crate::log::enabled($crate::log::Level::$level) {
            $crate::log::write($crate::log::Level::$level, ::core::format_args!($($line)+));
        }
    };
}
