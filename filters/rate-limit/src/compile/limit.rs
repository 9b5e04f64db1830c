//! Compiles limits.

use limits::config::quota;
use limits::gcra::SECOND;
use proxy_filter::config::ConfigError;

use crate::limit::{Limit, Policy};

/// The numbers of one limit, as users think of them.
#[derive(Clone, Copy, Hash)]
pub(super) struct Numbers {
    pub(super) limit: u64,
    /// Nanoseconds.
    pub(super) period: u64,
    pub(super) burst: u64,
}

/// Compiles the limit of a bucket.
#[inline(never)]
pub(super) fn compile(Numbers { limit, period, burst }: Numbers, cost: u64) -> Result<Limit, ConfigError> {
    let quota = quota(limit, period, burst, cost)?;
    Ok(Limit { quota, cost, policy: policy(limit, period, cost) })
}

/// Converts the limit to requests per whole seconds. Rounds the period up.
fn policy(limit: u64, period: u64, cost: u64) -> Policy {
    let seconds = period.div_ceil(SECOND);
    let requests = u128::from(limit).saturating_mul(u128::from(seconds.saturating_mul(SECOND)));
    let requests = requests
        .checked_div(u128::from(period))
        .and_then(|tokens| tokens.checked_div(cost.into()))
        .unwrap_or_default();
    Policy { requests: u64::try_from(requests).unwrap_or(u64::MAX), seconds }
}
