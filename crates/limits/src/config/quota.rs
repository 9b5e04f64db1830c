//! Makes quotas of the numbers in a configuration.

use proxy_filter::config::ConfigError;

use crate::gcra::Quota;

/// Makes a quota: see [`Quota::new`].
///
/// # Errors
/// The bucket takes too long to fill, or gets tokens too fast.
pub fn quota(limit: u64, period: u64, burst: u64, cost: u64) -> Result<Quota, ConfigError> {
    Quota::new(limit, period, burst, cost).ok_or_else(|| {
        ConfigError::new(
            "a bucket of `burst` tokens (default: `limit`) must fill within 292 years, with at most one token per \
             nanosecond: lower `burst` and `limit`, or shorten `period`",
        )
    })
}
