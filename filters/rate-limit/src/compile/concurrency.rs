//! Compiles rules that count requests in flight.

use std::hash::{Hash, Hasher};

use limits::Prefixes;
use proxy_filter::config::ConfigError;
use proxy_filter::matching::When;

use crate::concurrency::ConcurrencyPlan;
use crate::config::rule::{Missing, RuleConfig, Tokens};
use crate::key::Key;

use super::rule::{IdentityHasher, check_when, key_part, name_or_default, sets};

/// Compiles a rule. A key may have `most` requests in flight.
#[inline(never)]
pub(super) fn plan(
    config: RuleConfig,
    Tokens(most): Tokens,
    position: usize,
    prefixes: Prefixes,
) -> Result<ConcurrencyPlan, ConfigError> {
    let RuleConfig {
        name, key, missing, when, shadow, slots, limit, period, burst, cost, lease, limits, ..
    } = config;
    let refused = [
        ("limit", limit.is_some()),
        ("limits", limits.is_some()),
        ("period", period.is_some()),
        ("burst", burst.is_some()),
        ("cost", cost.is_some()),
        ("lease", lease.is_some()),
    ];
    if let Some((field, _)) = refused.into_iter().find(|(_, is_given)| *is_given) {
        let wrong = "a rule with `concurrency` counts requests in flight, not over time: remove this, or move it to another rule";
        return Err(ConfigError::new(wrong).in_field(field));
    }
    let name = name_or_default(name, position);
    let sets = sets(key.is_empty(), slots)?;
    check_when(when.as_ref())?;
    let parts: Vec<_> = key.into_iter().map(|part| key_part(part, prefixes)).collect();
    let mut hasher = IdentityHasher::default();
    ("concurrency", &name, most, &parts, sets, missing, &when, shadow).hash(&mut hasher);
    Ok(ConcurrencyPlan {
        name,
        key: Key { parts },
        denies_missing: missing == Missing::Deny,
        when: when.map(When::from),
        most,
        shadow,
        sets,
        identity: hasher.finish(),
    })
}
