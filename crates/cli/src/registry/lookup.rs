//! Finds manifests beside an image: at other references of its repository, and those that refer to it.

use std::rc::Rc;

use anyhow::{Result, ensure};
use oci_client::Reference;
use oci_client::errors::OciDistributionError;

use super::client::{MANIFESTS, RegistryClient};
use super::error::is_missing;
use crate::oci::manifest::{Descriptor, Manifest};

/// The largest signature, statement or bill of materials that is read, in bytes.
const MAX_BLOB_BYTES: usize = 64 << 20;

impl RegistryClient {
    /// Returns a client for the manifest with this digest in the same repository.
    pub(super) fn at_digest(&self, digest: &str) -> Self {
        let (registry, repository) = (self.reference.registry().into(), self.reference.repository().into());
        self.at(Reference::with_digest(registry, repository, digest.into()))
    }

    /// Returns a client for this tag in the same repository.
    pub(super) fn at_tag(&self, tag: String) -> Self {
        let (registry, repository) = (self.reference.registry().into(), self.reference.repository().into());
        self.at(Reference::with_tag(registry, repository, tag))
    }

    fn at(&self, reference: Reference) -> Self {
        Self {
            client: self.client.clone(),
            runtime: Rc::clone(&self.runtime),
            credentials: self.credentials.clone(),
            reference,
        }
    }

    /// Pulls the manifest at the reference, if there is one.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub(super) fn manifest_if_any(&self) -> Result<Option<Vec<u8>>> {
        let pulled = self.client.pull_manifest_raw(&self.reference, &self.credentials.auth, &MANIFESTS);
        match self.runtime.block_on(pulled) {
            Ok((bytes, _)) => Ok(Some(bytes.into())),
            Err(error) if is_missing(&error) => Ok(None),
            // A registry's way to say so that the specification does not know.
            Err(OciDistributionError::ServerError { code: 404, .. }) => Ok(None),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Lists the digests of the manifests that refer to the one at the reference, which is a digest. Asks the registry, or
    /// reads the index with the digest's tag if the registry does not list them.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub(super) fn referrers(&self) -> Result<Vec<String>> {
        let auth = &self.credentials.auth;
        let index = self.runtime.block_on(async {
            self.client.store_auth_if_needed(self.reference.resolve_registry(), auth).await;
            self.client.pull_referrers(&self.reference, None).await
        });
        let entries = index.map_err(|error| self.explain(error))?.manifests;
        Ok(entries.into_iter().map(|entry| entry.digest).collect())
    }

    /// Returns the manifest at the reference. `None` if there is none, or no image manifest.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub(super) fn image_manifest(&self) -> Result<Option<Manifest>> {
        let manifest = self.manifest_if_any()?;
        Ok(manifest.and_then(|manifest| serde_json::from_slice(&manifest).ok()))
    }

    /// Pulls a blob that is not a module.
    ///
    /// # Errors
    /// It is too large, or cannot be pulled.
    pub(super) fn small_blob(&self, blob: &Descriptor) -> Result<Vec<u8>> {
        ensure!(
            blob.size <= MAX_BLOB_BYTES,
            "{}: the blob {} has {} bytes, which is too large for what it says it is",
            self.reference,
            blob.digest,
            blob.size
        );
        self.blob(&blob.digest)
    }
}
