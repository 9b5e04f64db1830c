//! Warnings that a client cannot fill the log with.

use std::cell::Cell;
use std::fmt;

use proxy_filter::clock;
use proxy_filter::sys::HostError;

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// A warning that is said at most once a second.
#[derive(Debug, Default)]
pub(crate) struct Warning {
    /// When it was last, in nanoseconds.
    last: Cell<Option<u64>>,
}

impl Warning {
    pub(crate) fn say(&self, line: fmt::Arguments<'_>) -> Result<(), HostError> {
        let now = clock::monotonic_nanoseconds()?;
        if self.last.get().is_none_or(|last| now.saturating_sub(last) >= SECOND) {
            self.last.set(Some(now));
            proxy_filter::warn!("{line}");
        }
        Ok(())
    }
}
