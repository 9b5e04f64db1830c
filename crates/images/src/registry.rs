//! Images in a registry.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::{Client, Reference, RegistryOperation};
use tokio::runtime::Runtime;

use crate::credentials::{self, Credentials};
use crate::image::{Image, digest, media_type};
use crate::target;

/// How long a registry may take to be reached, and to go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// What may stand at a reference.
const MANIFESTS: [&str; 4] =
    [media_type::MANIFEST, media_type::INDEX, media_type::DOCKER_MANIFEST, media_type::DOCKER_INDEX];

/// A connection to a registry.
pub struct Registry {
    client: Client,
    runtime: Runtime,
    credentials: Credentials,
    name: String,
}

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is there now.
    Now,
    /// It was there, the same.
    Before,
}

impl Registry {
    /// That of a reference.
    ///
    /// # Errors
    /// The credentials for it cannot be read.
    pub fn of(reference: &Reference) -> Result<Self> {
        let name = reference.resolve_registry().to_owned();
        let protocol = match target::is_loopback(&name) {
            true => ClientProtocol::HttpsExcept(vec![name.clone()]),
            false => ClientProtocol::Https,
        };
        // Fails where another caller was first, which is as good.
        _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            protocol,
            connect_timeout: Some(PATIENCE),
            read_timeout: Some(PATIENCE),
            user_agent: concat!("proxy-wasm-filters/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let credentials = credentials::of(reference.registry())?;
        Ok(Self { client: Client::new(config), runtime, credentials, name })
    }

    /// Puts an image at a reference. The reference is written last: until all of the image is there, what was
    /// there before stays.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push(&self, reference: &Reference, image: &Image, progress: &dyn Fn(&str)) -> Result<Pushed> {
        let of_registry = |error| self.explain(error);
        self.runtime.block_on(async {
            self.client
                .auth(reference, &self.credentials.auth, RegistryOperation::Push)
                .await
                .map_err(of_registry)?;
            let there = self.client.fetch_manifest_digest(reference, &self.credentials.auth).await;
            if there.is_ok_and(|there| there == image.digest()) {
                return Ok(Pushed::Before);
            }
            for blob in &image.blobs {
                let (name, size) = (digest(&blob.bytes), blob.bytes.len());
                if self.client.blob_exists(reference, &name).await.map_err(of_registry)? {
                    progress(&format!("{}: {size} bytes are there already", blob.what));
                    continue;
                }
                progress(&format!("{}: sending {size} bytes", blob.what));
                self.client.push_blob(reference, blob.bytes.clone(), &name).await.map_err(of_registry)?;
            }
            let kind = http::HeaderValue::from_static(media_type::MANIFEST);
            let manifest = image.manifest.clone();
            self.client.push_manifest_raw(reference, manifest, kind).await.map_err(of_registry)?;
            let there = self.client.fetch_manifest_digest(reference, &self.credentials.auth).await;
            let there = there.map_err(of_registry)?;
            ensure!(there == image.digest(), "{reference} has {there} now, not {}", image.digest());
            Ok(Pushed::Now)
        })
    }

    /// Puts a manifest of any kind at a reference, whose blobs are there.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn push_raw(&self, reference: &Reference, media_type: &'static str, manifest: Vec<u8>) -> Result<()> {
        let kind = http::HeaderValue::from_static(media_type);
        let pushed = self.client.push_manifest_raw(reference, manifest, kind);
        self.runtime.block_on(pushed).map_err(|error| self.explain(error))?;
        Ok(())
    }

    /// The manifest at a reference, whatever it is, and its digest.
    ///
    /// # Errors
    /// The registry cannot be reached, or has none.
    pub fn manifest(&self, reference: &Reference) -> Result<(Vec<u8>, String)> {
        let pulled = self.client.pull_manifest_raw(reference, &self.credentials.auth, &MANIFESTS);
        let (bytes, _) = self.runtime.block_on(pulled).map_err(|error| self.explain(error))?;
        let digest = digest(&bytes);
        Ok((bytes.into(), digest))
    }

    /// The bytes that have a digest.
    ///
    /// # Errors
    /// The registry cannot be reached, has none, or has others.
    pub fn blob(&self, reference: &Reference, digest: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let pulled = self.client.pull_blob(reference, digest, &mut bytes);
        self.runtime
            .block_on(pulled)
            .map_err(|error| self.explain(error))
            .with_context(|| format!("the blob {digest}"))?;
        Ok(bytes)
    }

    /// What to do about an error.
    fn explain(&self, error: OciDistributionError) -> anyhow::Error {
        let Self { name, credentials, .. } = self;
        let refused = || {
            anyhow!(
                "{name} refuses access {}: `docker login {name}`, `podman login {name}` or `skopeo login {name}` tells \
                 who you are",
                credentials.shown
            )
        };
        match error {
            OciDistributionError::UnauthorizedError { .. } => refused(),
            OciDistributionError::AuthenticationFailure(reason) => refused().context(reason),
            OciDistributionError::ServerError { code: 401 | 403, .. } => refused(),
            OciDistributionError::RequestError(error)
                if error.status().is_some_and(|status| [401, 403].contains(&status.as_u16())) =>
            {
                refused()
            }
            OciDistributionError::RequestError(error) if error.is_connect() => anyhow!(error)
                .context(format!("nothing answers at {name}: is it up, and is this its address?")),
            other => anyhow!(other).context(format!("{name} does not do as asked")),
        }
    }
}
