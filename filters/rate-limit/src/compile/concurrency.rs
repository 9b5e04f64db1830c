//! Checks rules that count requests in flight.

use proxy_filter::config::ConfigError;

use crate::config::rule::RuleConfig;
use crate::config::tokens::Tokens;

use super::limit::Numbers;

/// What stands for the limit of a bucket, which such a rule has not.
pub(super) const NUMBERS: Numbers = Numbers { limit: 1, period: 1, burst: 1 };

/// Returns the requests that a key may have in flight. `None` if the rule has buckets.
///
/// # Errors
/// The rule has fields of both.
#[inline(never)]
pub(super) fn check(config: &RuleConfig) -> Result<Option<u64>, ConfigError> {
    let Some(Tokens(requests)) = config.concurrency else { return Ok(None) };
    let RuleConfig { limit, limits, period, burst, cost, lease, count, .. } = config;
    let refused = [
        ("limit", limit.is_some()),
        ("limits", limits.is_some()),
        ("period", period.is_some()),
        ("burst", burst.is_some()),
        ("cost", cost.is_some()),
        ("lease", lease.is_some()),
        ("count", count.is_some()),
    ];
    match refused.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(Some(requests)),
        Some((field, _)) => Err(ConfigError::new(
            "a rule with `concurrency` counts requests in flight, not over time: remove this, or move it to another rule",
        )
        .in_field(field)),
    }
}
