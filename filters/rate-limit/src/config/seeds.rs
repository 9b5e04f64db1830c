//! What keys and rules are hashed with.

use std::hash::{BuildHasher, Hasher, RandomState};

use proxy_filter::config::ConfigError;
use proxy_filter::shared_data;
use siphasher::sip::SipHasher13;

/// Where the seed is in shared data.
const KEY: &[u8] = b"rate-limit seed 1";

/// The key of the hash, the same for all workers: made once, by the canary VM.
pub(super) fn seed() -> Result<[u8; 16], ConfigError> {
    if let Some(seed) = shared_data::get(KEY)?
        && let Ok(seed) = seed.as_slice().try_into()
    {
        return Ok(seed);
    }
    let random = || RandomState::new().hash_one(0_u64).to_le_bytes();
    let (mut seed, (low, high)) = ([0; 16], (random(), random()));
    for (to, from) in seed.iter_mut().zip(low.into_iter().chain(high)) {
        *to = from;
    }
    shared_data::set(KEY, &seed)?;
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
