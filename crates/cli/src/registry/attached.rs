//! What a registry has about an image: claims, bundles and bills of materials.

use anyhow::Result;

use super::claims::{self, SignedClaim};
use super::client::RegistryClient;
use crate::oci::media_type;
use crate::signing::bundle::{self, Bundle};

/// What is attached to an image.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) claims: Vec<SignedClaim>,
    pub(super) bundles: Vec<Bundle>,
    /// How many bills of materials are attached without a signature.
    pub(super) bills: usize,
    /// Bundles that cannot be read, and why.
    pub(super) damaged: Vec<String>,
}

impl Attached {
    /// Pulls what is attached to the image with this digest.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub(super) fn to(registry: &RegistryClient, digest: &str) -> Result<Self> {
        let mut attached = Self { claims: claims::of(registry, digest)?, ..Self::default() };
        for listed in registry.at_digest(digest).referrers()? {
            match listed.artifact_type.as_deref() {
                Some(bundle::MEDIA_TYPE) => attached.add_bundle(registry, &listed.digest)?,
                Some(media_type::CYCLONEDX) => attached.bills = attached.bills.saturating_add(1),
                _ => {}
            }
        }
        Ok(attached)
    }

    fn add_bundle(&mut self, registry: &RegistryClient, digest: &str) -> Result<()> {
        let (_, bytes) = registry.at_digest(digest).only_layer()?;
        match Bundle::parse(&bytes) {
            Ok(bundle) => self.bundles.push(bundle),
            Err(error) => self.damaged.push(format!("{digest}: {error:#}")),
        }
        Ok(())
    }

    /// Says what is attached, without a check.
    pub(super) fn summary(&self) -> String {
        match self.claims.len().saturating_add(self.bundles.len()) {
            0 => "the image is not signed".into(),
            count => format!(
                "{count} signatures and signed statements were found and not checked: name the public key with `--key FILE`"
            ),
        }
    }

    /// Returns whether nobody has signed anything about the image.
    pub(super) fn is_unsigned(&self) -> bool {
        self.claims.is_empty() && self.bundles.is_empty()
    }
}
