//! Pushes images to a registry and pulls them.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::{Client, Reference, RegistryOperation};
use tokio::runtime::Runtime;

use super::credentials::{self, Credentials};
use super::error::explain;
use super::reference;
use crate::oci::digest::digest;
use crate::oci::image::Image;
use crate::oci::media_type;

/// How long a connection to a registry may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a registry may take to respond, including the time in which a blob is sent.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// The manifests that a reference may have.
pub(super) const MANIFESTS: [&str; 4] =
    [media_type::MANIFEST, media_type::INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_INDEX];

/// A client for one reference.
pub struct RegistryClient {
    pub(super) client: Client,
    pub(super) runtime: Rc<Runtime>,
    pub(super) credentials: Credentials,
    pub(super) reference: Reference,
}

/// The outcome of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The reference had no image.
    New,
    /// The reference had the image with this digest.
    InPlaceOf(String),
    /// The reference had the same image.
    Unchanged,
}

impl RegistryClient {
    /// A client for a reference, with the user's credentials.
    ///
    /// # Errors
    /// The credentials for it cannot be read.
    pub fn of(reference: &Reference) -> Result<Self> {
        Self::with(reference, credentials::of(reference)?)
    }

    /// A client for a reference, with these credentials.
    ///
    /// # Errors
    /// The asynchronous runtime cannot start.
    pub fn with(reference: &Reference, credentials: Credentials) -> Result<Self> {
        // Fails if another caller has installed it already, which does no harm.
        _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            client: Client::new(config(reference)),
            runtime: Rc::new(runtime),
            credentials,
            reference: reference.clone(),
        })
    }

    /// Returns the name of the repository, with its registry.
    pub fn name(&self) -> String {
        format!("{}/{}", self.reference.registry(), self.reference.repository())
    }

    /// Pushes an image. The manifest goes last: until all blobs are there, the reference keeps its image.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push(&self, image: &Image, progress: &dyn Fn(&str)) -> Result<Pushed> {
        self.runtime.block_on(async {
            let as_before = || format!("{} was not pushed and is unchanged", self.reference);
            let before = self.there().await.with_context(as_before)?;
            if before.as_ref().is_some_and(|before| *before == image.digest()) {
                return Ok(Pushed::Unchanged);
            }
            self.send_blobs(image, progress).await.with_context(as_before)?;
            let kind = http::HeaderValue::from_static(media_type::MANIFEST);
            let sent = self.client.push_manifest_raw(&self.reference, image.manifest.clone(), kind).await;
            let unsure = || format!("{} may or may not be pushed: push it again", self.reference);
            sent.map_err(|error| self.explain(error)).with_context(unsure)?;
            let there = self.client.fetch_manifest_digest(&self.reference, &self.credentials.auth).await;
            let there = there.map_err(|error| self.explain(error)).with_context(unsure)?;
            ensure!(
                there == image.digest(),
                "{} has the digest {there} after the push, expected {}",
                self.reference,
                image.digest()
            );
            Ok(before.map_or(Pushed::New, Pushed::InPlaceOf))
        })
    }

    /// Returns the digest of the image at the reference, if there is one. Checks that the user may push.
    async fn there(&self) -> Result<Option<String>> {
        let auth = &self.credentials.auth;
        let access = self.client.auth(&self.reference, auth, RegistryOperation::Push).await;
        access.map_err(|error| self.explain(error))?;
        // Registries report a reference without an image in many ways.
        Ok(self.client.fetch_manifest_digest(&self.reference, auth).await.ok())
    }

    async fn send_blobs(&self, image: &Image, progress: &dyn Fn(&str)) -> Result<()> {
        for blob in &image.blobs {
            let (name, size) = (digest(&blob.bytes), blob.bytes.len());
            let there = self.client.blob_exists(&self.reference, &name).await;
            if there.map_err(|error| self.explain(error))? {
                progress(&format!("{}: {size} bytes already there", blob.what));
                continue;
            }
            progress(&format!("{}: sending {size} bytes", blob.what));
            let sent = self.client.push_blob(&self.reference, blob.bytes.clone(), &name).await;
            sent.map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Pushes a manifest of any type. Its blobs must be there.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push_raw(&self, media_type: &'static str, manifest: Vec<u8>) -> Result<()> {
        let kind = http::HeaderValue::from_static(media_type);
        let pushed = self.client.push_manifest_raw(&self.reference, manifest, kind);
        self.runtime.block_on(pushed).map_err(|error| self.explain(error))?;
        Ok(())
    }

    /// Pulls the manifest at the reference, and returns it with its digest.
    ///
    /// # Errors
    /// The registry cannot be reached, or has no such reference.
    pub fn manifest(&self) -> Result<(Vec<u8>, String)> {
        let pulled = self.client.pull_manifest_raw(&self.reference, &self.credentials.auth, &MANIFESTS);
        let (bytes, _) = self.runtime.block_on(pulled).map_err(|error| self.explain(error))?;
        let digest = digest(&bytes);
        Ok((bytes.into(), digest))
    }

    /// Pulls the blob with this digest.
    ///
    /// # Errors
    /// The registry cannot be reached, has no such blob, or sends other bytes.
    pub fn blob(&self, digest: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let pulled = self.runtime.block_on(self.client.pull_blob(&self.reference, digest, &mut bytes));
        pulled.map_err(|error| self.explain(error)).with_context(|| format!("the blob {digest}"))?;
        Ok(bytes)
    }

    pub(super) fn explain(&self, error: oci_client::errors::OciDistributionError) -> anyhow::Error {
        explain(error, &self.reference, &self.credentials)
    }
}

fn config(reference: &Reference) -> ClientConfig {
    let registry = reference.resolve_registry();
    let config = ClientConfig {
        connect_timeout: Some(CONNECT_TIMEOUT),
        read_timeout: Some(READ_TIMEOUT),
        user_agent: concat!("cargo-proxy-filter/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    match reference::is_loopback(registry) {
        true => ClientConfig {
            protocol: ClientProtocol::HttpsExcept(vec![registry.to_owned()]),
            // Naming a proxy here and exempting this host keeps the proxies of the environment out.
            http_proxy: Some("http://localhost".into()),
            no_proxy: Some(reference::host(registry).to_owned()),
            ..config
        },
        false => ClientConfig { protocol: ClientProtocol::Https, ..config },
    }
}
