//! A key that signs.

use anyhow::Result;

use super::public::PublicKey;

/// A key.
#[derive(Clone, Copy, Debug, Default)]
pub struct SigningKey(PublicKey);

impl SigningKey {
    /// Signs a message.
    ///
    /// # Errors
    /// None.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(PublicKey::signature(message))
    }

    /// Returns the key that verifies.
    pub fn public(&self) -> &PublicKey {
        &self.0
    }
}
