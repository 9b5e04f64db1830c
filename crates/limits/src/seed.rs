//! The seed for hashing keys.

use std::hash::{BuildHasher, RandomState};

use proxy_filter::config::ConfigError;
use proxy_filter::shared_data;

/// The key of the seed in shared data.
const KEY: &[u8] = b"rate-limit seed 1";

/// A secret that all workers share.
#[cfg_attr(test, derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash))]
pub struct Seed([u8; 16]);

impl Seed {
    /// Reads the seed from shared data. The first VM that is configured, Envoy's canary, creates it.
    pub fn shared() -> Result<Self, ConfigError> {
        Self::shared_or(|| {
            let random = || RandomState::new().hash_one(0_u64).to_le_bytes();
            let (mut seed, (low, high)) = ([0; 16], (random(), random()));
            for (to, from) in seed.iter_mut().zip(low.into_iter().chain(high)) {
                *to = from;
            }
            seed
        })
    }

    /// Like [`shared`](Self::shared), with another source of a new seed.
    pub(crate) fn shared_or(new: impl FnOnce() -> [u8; 16]) -> Result<Self, ConfigError> {
        if let Some(seed) = shared_data::get(KEY)?
            && let Ok(seed) = seed.as_slice().try_into()
        {
            return Ok(Self(seed));
        }
        let seed = new();
        shared_data::set(KEY, &seed)?;
        Ok(Self(seed))
    }

    /// Derives the seed of one rule. Keys that share a set in one rule's table do not share one in another's.
    pub(crate) fn of_rule(&self, identity: u64) -> [u8; 16] {
        let mut seed = self.0;
        seed.iter_mut().zip(identity.to_le_bytes()).for_each(|(byte, other)| *byte ^= other);
        seed
    }
}
