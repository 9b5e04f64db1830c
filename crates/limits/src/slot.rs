//! The location of a key's bucket.

use siphasher::sip128::{Hasher128, SipHasher13};

/// Hashes a key.
pub type KeyHasher = SipHasher13;

/// The address of a bucket in the table of a rule: a set, and a fingerprint of the key within the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    pub(crate) set: u32,
    pub(crate) fingerprint: u64,
}

impl Slot {
    /// Finds the slot of a key in a table of this many sets. `write` hashes the key; `None` if it returns `false`, because there
    /// is no key.
    pub(crate) fn of<E>(
        seed: &[u8; 16],
        sets: u32,
        write: impl FnOnce(&mut KeyHasher) -> Result<bool, E>,
    ) -> Result<Option<Self>, E> {
        let mut hasher = KeyHasher::new_with_key(seed);
        if !write(&mut hasher)? {
            return Ok(None);
        }
        let hash = hasher.finish128();
        Ok(Some(Self::new(hash.h1, hash.h2, sets)))
    }

    /// The slot of a key, by the halves of its 128-bit hash, in a table of this many sets.
    pub(crate) fn new(set: u64, fingerprint: u64, sets: u32) -> Self {
        let set = u32::try_from(set.checked_rem(u64::from(sets)).unwrap_or_default()).unwrap_or_default();
        // Zero marks a bucket that was never used.
        Self { set, fingerprint: fingerprint.max(1) }
    }

    /// Another slot of the same key. The key's own is secret, so nobody can choose a key whose other slot is that of another key.
    pub(crate) fn apart(self, hash: u64, sets: u32) -> Self {
        Self::new(u64::from(self.set).wrapping_add(hash), self.fingerprint ^ hash, sets)
    }

    /// Returns an index into an array of this length.
    pub(crate) fn index(self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.fingerprint.checked_rem(length).unwrap_or_default()).unwrap_or_default()
    }
}
