//! Images in a registry.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::{Client, Reference, RegistryOperation};
use tokio::runtime::Runtime;

use crate::credentials::{self, Credentials};
use crate::explain::explain;
use crate::image::{Image, digest, media_type};
use crate::target;

/// How long a registry may take to be reached.
const TO_CONNECT: Duration = Duration::from_secs(30);

/// How long it may take to go on, which includes what is sent meanwhile.
const TO_GO_ON: Duration = Duration::from_secs(120);

/// What may stand at a reference.
const MANIFESTS: [&str; 4] =
    [media_type::MANIFEST, media_type::INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_INDEX];

/// A connection to the registry of a reference.
pub struct Registry {
    client: Client,
    runtime: Runtime,
    credentials: Credentials,
    reference: Reference,
}

/// What became of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is there now, where there was none.
    Now,
    /// It is there now, in place of the image with this digest.
    InPlaceOf(String),
    /// It was there, the same.
    Before,
}

impl Registry {
    /// That of a reference.
    ///
    /// # Errors
    /// The credentials for it cannot be read.
    pub fn of(reference: &Reference) -> Result<Self> {
        Self::with(reference, credentials::of(reference)?)
    }

    /// That of a reference, as someone who is known already.
    ///
    /// # Errors
    /// None but of the system.
    pub fn with(reference: &Reference, credentials: Credentials) -> Result<Self> {
        // Fails where another caller was first, which is as good.
        _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            client: Client::new(config(reference)),
            runtime,
            credentials,
            reference: reference.clone(),
        })
    }

    /// Puts an image at the reference, which is written last: until all of the image is there, what was there before
    /// stays.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push(&self, image: &Image, progress: &dyn Fn(&str)) -> Result<Pushed> {
        self.runtime.block_on(async {
            let as_before = || format!("{} was not pushed; what was there is unchanged", self.reference);
            let before = self.there().await.with_context(as_before)?;
            if before.as_ref().is_some_and(|before| *before == image.digest()) {
                return Ok(Pushed::Before);
            }
            self.send_blobs(image, progress).await.with_context(as_before)?;
            let kind = http::HeaderValue::from_static(media_type::MANIFEST);
            let sent = self.client.push_manifest_raw(&self.reference, image.manifest.clone(), kind).await;
            let unsure = || format!("{} may have been pushed or not: push it again", self.reference);
            sent.map_err(|error| self.explain(error)).with_context(unsure)?;
            let there = self.client.fetch_manifest_digest(&self.reference, &self.credentials.auth).await;
            let there = there.map_err(|error| self.explain(error)).with_context(unsure)?;
            ensure!(there == image.digest(), "{} has {there} now, not {}", self.reference, image.digest());
            Ok(before.map_or(Pushed::Now, Pushed::InPlaceOf))
        })
    }

    /// The digest of what is there, for one who may push.
    async fn there(&self) -> Result<Option<String>> {
        let auth = &self.credentials.auth;
        let access = self.client.auth(&self.reference, auth, RegistryOperation::Push).await;
        access.map_err(|error| self.explain(error))?;
        // Registries say in many ways that there is nothing.
        Ok(self.client.fetch_manifest_digest(&self.reference, auth).await.ok())
    }

    async fn send_blobs(&self, image: &Image, progress: &dyn Fn(&str)) -> Result<()> {
        for blob in &image.blobs {
            let (name, size) = (digest(&blob.bytes), blob.bytes.len());
            let there = self.client.blob_exists(&self.reference, &name).await;
            if there.map_err(|error| self.explain(error))? {
                progress(&format!("{}: {size} bytes are there already", blob.what));
                continue;
            }
            progress(&format!("{}: sending {size} bytes", blob.what));
            let sent = self.client.push_blob(&self.reference, blob.bytes.clone(), &name).await;
            sent.map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Puts a manifest of any kind at the reference, whose blobs are there.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push_raw(&self, media_type: &'static str, manifest: Vec<u8>) -> Result<()> {
        let kind = http::HeaderValue::from_static(media_type);
        let pushed = self.client.push_manifest_raw(&self.reference, manifest, kind);
        self.runtime.block_on(pushed).map_err(|error| self.explain(error))?;
        Ok(())
    }

    /// The manifest at the reference, whatever it is, and its digest.
    ///
    /// # Errors
    /// The registry cannot be reached, or has none.
    pub fn manifest(&self) -> Result<(Vec<u8>, String)> {
        let pulled = self.client.pull_manifest_raw(&self.reference, &self.credentials.auth, &MANIFESTS);
        let (bytes, _) = self.runtime.block_on(pulled).map_err(|error| self.explain(error))?;
        let digest = digest(&bytes);
        Ok((bytes.into(), digest))
    }

    /// The bytes that have a digest.
    ///
    /// # Errors
    /// The registry cannot be reached, has none, or has others.
    pub fn blob(&self, digest: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let pulled = self.runtime.block_on(self.client.pull_blob(&self.reference, digest, &mut bytes));
        pulled.map_err(|error| self.explain(error)).with_context(|| format!("the blob {digest}"))?;
        Ok(bytes)
    }

    fn explain(&self, error: oci_client::errors::OciDistributionError) -> anyhow::Error {
        explain(error, &self.reference, &self.credentials)
    }
}

fn config(reference: &Reference) -> ClientConfig {
    let registry = reference.resolve_registry();
    let config = ClientConfig {
        connect_timeout: Some(TO_CONNECT),
        read_timeout: Some(TO_GO_ON),
        user_agent: concat!("proxy-wasm-filters/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    match target::is_loopback(registry) {
        true => ClientConfig {
            protocol: ClientProtocol::HttpsExcept(vec![registry.to_owned()]),
            // A proxy that is named here, and not used for this host, keeps those of the environment out.
            http_proxy: Some("http://localhost".into()),
            no_proxy: Some(target::host(registry).to_owned()),
            ..config
        },
        false => ClientConfig { protocol: ClientProtocol::Https, ..config },
    }
}
