//! Hashes what identifies a rule.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A hasher that is not inlined, so that the module contains its code once, not once for each field.
#[derive(Default)]
pub struct IdentityHasher(SipHasher13);

impl Hasher for IdentityHasher {
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    #[inline(never)]
    fn finish(&self) -> u64 {
        self.0.finish()
    }
}
