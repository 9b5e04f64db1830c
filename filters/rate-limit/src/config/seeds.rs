//! What keys are hashed with, and what makes a version of a rule.

use std::hash::{BuildHasher, Hasher, RandomState};

use proxy_filter::config::ConfigError;
use proxy_filter::shared_data;
use siphasher::sip::SipHasher13;

/// The key of the hash, the same for all workers: made once, by the canary VM.
pub(super) fn seed(namespace: &str) -> Result<[u8; 16], ConfigError> {
    let key = format!("{namespace}\0rate-limit\0seed");
    if let Some(seed) = shared_data::get(key.as_bytes())?
        && let Ok(seed) = seed.as_slice().try_into()
    {
        return Ok(seed);
    }
    let random = || RandomState::new().hash_one(0_u64).to_le_bytes();
    let (mut seed, (low, high)) = ([0; 16], (random(), random()));
    for (to, from) in seed.iter_mut().zip(low.into_iter().chain(high)) {
        *to = from;
    }
    shared_data::set(key.as_bytes(), &seed)?;
    Ok(seed)
}

/// The key of a rule's hash.
pub(super) fn of_rule(mut seed: [u8; 16], identity: u64) -> [u8; 16] {
    seed.iter_mut().zip(identity.to_le_bytes()).for_each(|(byte, other)| *byte ^= other);
    seed
}

/// The same on every worker.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
