//! What a registry has about an image: claims, bundles and bills of materials.

use anyhow::Result;

use super::bill::Bill;
use super::claims::{self, SignedClaim};
use super::client::RegistryClient;
use crate::signing::bundle::{self, Bundle};

/// What is attached to an image.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) claims: Vec<SignedClaim>,
    pub(super) bundles: Vec<Bundle>,
    /// Bills of materials that are attached without a signature.
    pub(super) bills: Vec<Bill>,
    /// Bundles that cannot be read, and why.
    pub(super) damaged: Vec<String>,
    /// The types and digests of everything else.
    pub(super) others: Vec<(String, String)>,
}

impl Attached {
    /// Pulls what is attached to the image with this digest.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub(super) fn pull(registry: &RegistryClient, digest: &str) -> Result<Self> {
        let mut attached = Self { claims: claims::pull(registry, digest)?, ..Self::default() };
        for referrer in registry.at_digest(digest).referrers()? {
            attached.add(&registry.at_digest(&referrer), referrer)?;
        }
        Ok(attached)
    }

    fn add(&mut self, at: &RegistryClient, referrer: String) -> Result<()> {
        let Some(manifest) = at.image_manifest()? else {
            self.others.push(("something that is no image manifest".into(), referrer));
            return Ok(());
        };
        // Not all registries list the type that the manifest has, and not all tools write one.
        let kind = manifest.artifact_type.unwrap_or(manifest.config.media_type);
        let mut is_known = false;
        for layer in &manifest.layers {
            if Bill::is_type(&kind) || Bill::is_type(&layer.media_type) {
                self.bills.push(Bill { referrer: referrer.clone(), text: at.small_blob(layer)? });
            } else if layer.media_type == bundle::MEDIA_TYPE {
                match Bundle::parse(&at.small_blob(layer)?) {
                    Ok(bundle) => self.bundles.push(bundle),
                    Err(error) => self.damaged.push(format!("{referrer}: {error:#}")),
                }
            } else {
                continue;
            }
            is_known = true;
        }
        if !is_known {
            self.others.push((kind, referrer));
        }
        Ok(())
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
        match self.bills.len() {
            0 => {}
            1 => lines.push("a bill of materials is attached, which is not signed itself".into()),
            count => lines
                .push(format!("{count} bills of materials are attached, which are not signed themselves")),
        }
        lines
    }

    /// Returns whether nobody has signed anything about the image.
    pub(super) fn is_unsigned(&self) -> bool {
        self.claims.is_empty() && self.bundles.is_empty()
    }
}
