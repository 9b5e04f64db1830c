//! A key that verifies.

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

/// A key.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicKey;

impl PublicKey {
    /// Returns the only signature of a message.
    pub(super) fn signature(message: &[u8]) -> Vec<u8> {
        Sha256::digest(message).to_vec()
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// The message or the signature was changed.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        ensure!(signature == Self::signature(message), "the signature does not match");
        Ok(())
    }

    /// Returns the key's name.
    pub fn hint(&self) -> String {
        "the only key".into()
    }
}
