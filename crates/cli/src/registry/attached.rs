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
    pub(super) fn pull(registry: &RegistryClient, digest: &str) -> Result<Self> {
        let mut attached = Self { claims: claims::pull(registry, digest)?, ..Self::default() };
        for referrer in registry.at_digest(digest).referrers()? {
            let at = registry.at_digest(&referrer);
            // Not all registries list the type that the manifest has.
            let Some(layer) = at.only_layer()? else { continue };
            match layer.media_type.as_str() {
                bundle::MEDIA_TYPE => match Bundle::parse(&at.small_blob(&layer)?) {
                    Ok(bundle) => attached.bundles.push(bundle),
                    Err(error) => attached.damaged.push(format!("{referrer}: {error:#}")),
                },
                media_type::CYCLONEDX => attached.bills = attached.bills.saturating_add(1),
                _ => {}
            }
        }
        Ok(attached)
    }

    /// Says what is attached, without a check.
    pub(super) fn unchecked(&self) -> Vec<String> {
        let mut lines = vec![match self.claims.len().saturating_add(self.bundles.len()) {
            0 => "the image is not signed".into(),
            1 => "found 1 signature or statement, not checked: pass `--key FILE` to check it".into(),
            count => {
                format!(
                    "found {count} signatures or statements, not checked: pass `--key FILE` to check them"
                )
            }
        }];
        if self.bills > 0 {
            lines.push("a bill of materials is attached, which is not signed itself".into());
        }
        lines
    }

    /// Returns whether nobody has signed anything about the image.
    pub(super) fn is_unsigned(&self) -> bool {
        self.claims.is_empty() && self.bundles.is_empty()
    }
}
