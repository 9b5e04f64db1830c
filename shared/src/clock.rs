//! The proxy's clocks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sys::{self, HostError};

/// WASI's number for the monotonic clock.
const CLOCK_MONOTONIC: u32 = 1;

/// Reads nanoseconds on the proxy's monotonic clock, which all workers of a process share.
///
/// It never steps back. Its zero is arbitrary: only differences within one process mean anything.
///
/// ```
/// # use proxy_filter::clock;
/// # proxy_model::filter_fn::on_configure(|| {
/// let before = clock::monotonic_nanoseconds()?;
/// let elapsed = clock::monotonic_nanoseconds()?.saturating_sub(before);
/// assert!(elapsed < 1_000_000_000);
/// # Ok(())
/// # });
/// ```
///
/// # Errors
/// Returns the host's error.
pub fn monotonic_nanoseconds() -> Result<u64, HostError> {
    sys::clock_time(CLOCK_MONOTONIC, 1)
}

/// Reads the proxy's wall clock. It can step back: to measure time, use [`monotonic_nanoseconds`].
///
/// ```
/// # use proxy_filter::clock;
/// # proxy_model::filter_fn::on_configure(|| {
/// assert!(clock::wall()? > std::time::UNIX_EPOCH);
/// # Ok(())
/// # });
/// ```
///
/// # Errors
/// Returns the host's error.
pub fn wall() -> Result<SystemTime, HostError> {
    let since_1970 = Duration::from_nanos(sys::wall_nanoseconds()?);
    UNIX_EPOCH.checked_add(since_1970).ok_or(HostError::ParseFailure)
}

/// Converts a duration to whole milliseconds as hosts take them: at least 1, because 0 stands for never.
#[doc(hidden)]
pub fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).max(1)
}
