//! Compiles limits that a part of the request chooses.

use std::hash::{Hash, Hasher};

use limits::config::IdentityHasher;
use limits::{Duration, Prefixes};
use proxy_filter::config::{ConfigError, Entries};

use crate::config::key_part::KeyPartConfig;
use crate::config::tiers::{TierConfig, TiersConfig};
use crate::config::tokens::Tokens;
use crate::limit::Limit;
use crate::limits_by_value::LimitsByValue;
use crate::tiers::Tiers;

use super::key_part::key_part;
use super::limit::{self, Numbers};

/// What a rule says about all of its limits.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) period: Duration,
    pub(super) burst: Option<Tokens>,
    pub(super) cost: u64,
    pub(super) lease: u64,
}

impl Terms {
    /// Compiles one of several limits, and returns its numbers.
    #[inline(never)]
    fn limit(self, config: &TierConfig) -> Result<(Numbers, Limit), ConfigError> {
        let Tokens(limit) = config.limit;
        let Tokens(burst) = config.burst.or(self.burst).unwrap_or(config.limit);
        let wrong = match () {
            () if burst < self.cost => {
                "less than the rule's `cost`, so no request would ever pass: raise it (default: the rule's `burst`, or `limit`)"
            }
            () if burst < self.lease => {
                "less than the rule's `lease`, which is what a worker takes: raise it (default: the rule's `burst`, or `limit`)"
            }
            () => {
                let period = config.period.unwrap_or(self.period).nanoseconds;
                let numbers = Numbers { limit, period, burst };
                return Ok((numbers, limit::compile(numbers, self.cost)?));
            }
        };
        Err(ConfigError::new(wrong).in_field("burst"))
    }
}

/// Compiles the limits. Also returns the numbers for all other requests, and a hash of everything else.
#[inline(never)]
pub(super) fn compile(
    config: TiersConfig,
    terms: Terms,
    prefixes: Prefixes,
) -> Result<(Tiers, Numbers, u64), ConfigError> {
    let TiersConfig { by, of: Entries(of), otherwise } = config;
    if matches!(by, KeyPartConfig::ClientIp(_)) {
        let wrong = "`client_ip` chooses no limit: add a rule for each network, with `when`";
        return Err(ConfigError::new(wrong).in_field("by"));
    }
    if of.is_empty() {
        return Err(ConfigError::new("empty: give a limit for at least one value").in_field("of"));
    }
    let (otherwise, _) = terms.limit(&otherwise).map_err(|error| error.in_field("else"))?;
    let by = key_part(by, prefixes);
    let mut limits = LimitsByValue::with_capacity(of.len());
    // A sum, because the order of the entries does not matter.
    let mut sum = 0_u64;
    for (value, config) in of {
        let mut hasher = IdentityHasher::default();
        let added = terms.limit(&config).and_then(|(numbers, limit)| {
            (&value, numbers).hash(&mut hasher);
            let is_new = limits.insert(&value, limit);
            is_new.then_some(()).ok_or_else(|| ConfigError::new("given twice: remove one"))
        });
        added.map_err(|error| error.in_field(&value).in_field("of"))?;
        sum = sum.wrapping_add(hasher.finish());
    }
    let mut hasher = IdentityHasher::default();
    (std::slice::from_ref(&by), sum).hash(&mut hasher);
    Ok((Tiers { by, of: limits }, otherwise, hasher.finish()))
}
