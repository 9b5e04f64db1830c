//! Compiles limits that a part of the request chooses.

use std::hash::{Hash, Hasher};

use limits::{Duration, Prefixes};
use proxy_filter::config::ConfigError;

use crate::config::key_part::KeyPartConfig;
use crate::config::rule::Tokens;
use crate::config::tiers::{TierConfig, TiersConfig};
use crate::tiers::{LimitsByValue, Tiers};

use super::rule::{IdentityHasher, key_part, limit};

/// What a rule says about all of its limits.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) period: Duration,
    pub(super) burst: Option<Tokens>,
    pub(super) cost: u64,
    pub(super) lease: u64,
}

/// The numbers of one limit, as users think of them.
#[derive(Clone, Copy, Hash)]
pub(super) struct Numbers {
    pub(super) limit: u64,
    /// Nanoseconds.
    pub(super) period: u64,
    pub(super) burst: u64,
}

impl Terms {
    /// Returns the numbers of one of several limits, if requests can pass it.
    #[inline(never)]
    fn numbers(self, config: &TierConfig) -> Result<Numbers, ConfigError> {
        let Tokens(limit) = config.limit;
        let Tokens(burst) = config.burst.or(self.burst).unwrap_or(config.limit);
        let wrong = match () {
            () if burst < self.cost => "less than the rule's `cost`, so no request would ever pass",
            () if burst < self.lease => "less than the rule's `lease`, which is what a worker would take",
            () => {
                let period = config.period.unwrap_or(self.period).nanoseconds;
                return Ok(Numbers { limit, period, burst });
            }
        };
        let wrong =
            format!("{burst} is {wrong}: raise it (default: the rule's `burst`, or else the `limit` here)");
        Err(ConfigError::new(wrong).in_field("burst"))
    }
}

/// Compiles the limits. Also returns the numbers for all other requests, and a hash of everything else.
pub(super) fn compile(
    config: TiersConfig,
    terms: Terms,
    prefixes: Prefixes,
) -> Result<(Tiers, Numbers, u64), ConfigError> {
    let TiersConfig { by, of, otherwise } = config;
    if matches!(by, KeyPartConfig::ClientIp(_)) {
        let wrong = "`client_ip` chooses no limit: add a rule for each network, with `when`";
        return Err(ConfigError::new(wrong).in_field("by"));
    }
    if of.0.is_empty() {
        return Err(ConfigError::new("empty: give a limit for at least one value").in_field("of"));
    }
    let numbers = terms.numbers(&otherwise);
    let otherwise = numbers.and_then(|numbers| limit(numbers, terms.cost).map(|_| numbers));
    let otherwise = otherwise.map_err(|error| error.in_field("else"))?;
    let by = key_part(by, prefixes);
    let mut limits = LimitsByValue::with_capacity_and_hasher(of.0.len(), <_>::default());
    // A sum, because the order of the entries does not matter.
    let mut sum = 0_u64;
    for (value, config) in of.0 {
        let in_entry = |error: ConfigError| error.in_field(&value).in_field("of");
        let numbers = terms.numbers(&config).map_err(in_entry)?;
        let limit = limit(numbers, terms.cost).map_err(in_entry)?;
        let mut hasher = IdentityHasher::default();
        (&value, numbers).hash(&mut hasher);
        sum = sum.wrapping_add(hasher.finish());
        if limits.insert(value.as_bytes().into(), limit).is_some() {
            return Err(in_entry(ConfigError::new("given twice: remove one")));
        }
    }
    let mut hasher = IdentityHasher::default();
    (&by, sum).hash(&mut hasher);
    Ok((Tiers { by, of: limits }, otherwise, hasher.finish()))
}
