//! The proxy's clocks.

use crate::sys::{self, HostError};

/// Nanoseconds on the proxy's monotonic clock, the same for all workers of a process.
///
/// It never steps back. Its zero is arbitrary: only differences mean something, and none outlives
/// the process.
///
/// # Errors
/// What the host answered instead.
pub fn monotonic_nanoseconds() -> Result<u64, HostError> {
    sys::monotonic_nanoseconds()
}
