//! Lines in the proxy's log.
//!
//! The macros [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn) and
//! [`error!`](crate::error) cost a comparison where the line is filtered: the proxy's level is
//! asked for when the plugin is configured and then once a second, never on a request's way. After
//! `curl -X POST admin/logging?wasm=debug` lines appear within that second.

use std::fmt;

use crate::entry::current_vm;
use crate::sys;

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

impl Level {
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
    pub(crate) fn from_abi(level: u32) -> Self {
        match level {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            _ => Self::Critical,
        }
    }
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
/// # proxy_model::scratch::on_configure(|| {
/// if log::enabled(Level::Debug) {
///     proxy_filter::debug!("{}", ["what", "costs", "time"].concat());
/// }
/// # Ok(())
/// # });
/// ```
pub fn enabled(level: Level) -> bool {
    level >= current_vm(|vm| vm.level.get())
}

/// Writes a line if its level is enabled; what the macros expand to.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::scratch::on_configure(|| {
/// log::write(Level::Info, format_args!("{} rules", 3));
/// # Ok(())
/// # });
/// ```
pub fn write(level: Level, line: fmt::Arguments<'_>) {
    if enabled(level) {
        // There is nobody to tell of a failure to tell.
        _ = sys::log(level, &line.to_string());
    }
}

/// Logs what the filter decided and why.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::scratch::on_configure(|| {
/// let rules = 3;
/// proxy_filter::debug!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! debug {
    ($($line:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::core::format_args!($($line)+)) };
}

/// Logs what an operator wants to know in passing.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::scratch::on_configure(|| {
/// let rules = 3;
/// proxy_filter::info!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! info {
    ($($line:tt)+) => { $crate::log::write($crate::log::Level::Info, ::core::format_args!($($line)+)) };
}

/// Logs what an operator should look at.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::scratch::on_configure(|| {
/// let rules = 3;
/// proxy_filter::warn!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! warn {
    ($($line:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::core::format_args!($($line)+)) };
}

/// Logs what went wrong.
///
/// ```
/// # use proxy_filter::log::{self, Level};
/// # proxy_model::scratch::on_configure(|| {
/// let rules = 3;
/// proxy_filter::error!("{rules} rules");
/// # Ok(())
/// # });
/// ```
#[macro_export]
macro_rules! error {
    ($($line:tt)+) => { $crate::log::write($crate::log::Level::Error, ::core::format_args!($($line)+)) };
}
