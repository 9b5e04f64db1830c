//! An image: a manifest and its blobs.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use crate::filters::{Filter, VERSION};
use crate::layer::Layer;

/// Media types. Source: the OCI image specification; Istio's `pkg/wasm/imagefetcher.go`; the CNCF's guidance for Wasm
/// artifacts.
pub mod media_type {
    /// A manifest.
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// A list of manifests.
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// Docker's layer of an image.
    pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /// Docker's manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's list of manifests.
    pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// An image's configuration.
    pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A layer of an image.
    pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// The configuration of a Wasm artifact.
    pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
    /// The one layer of a Wasm artifact.
    pub const WASM: &str = "application/wasm";
}

/// What stands at a reference.
#[derive(Clone, Debug)]
pub struct Image {
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The configuration, then the layers.
    pub blobs: Vec<Blob>,
}

/// Bytes that a manifest names by their digest.
#[derive(Clone, Debug)]
pub struct Blob {
    /// What they are, for people.
    pub what: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A manifest, as far as it is written and read here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// 2.
    pub schema_version: u32,
    /// [`media_type::MANIFEST`].
    #[serde(default)]
    pub media_type: String,
    /// The configuration.
    pub config: Descriptor,
    /// The layers.
    pub layers: Vec<Descriptor>,
    /// What is said of it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What a blob is, and which.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its bytes.
    pub size: usize,
}

impl Image {
    /// The form that Istio's agent and Envoy Gateway read ("compat").
    ///
    /// # Errors
    /// None but in memory.
    pub fn compat(filter: &Filter) -> Result<Self> {
        let layer = Layer::of(&filter.wasm)?;
        let config = serde_json::json!({
            "architecture": "amd64",
            "created": "1970-01-01T00:00:00Z",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
        });
        let variant = ("module.wasm.image/variant", "compat");
        let config = (media_type::CONFIG, serde_json::to_vec(&config)?);
        Self::of(filter, config, (media_type::LAYER, layer.bytes), &[variant])
    }

    /// The form of the CNCF's Wasm artifacts, for runwasi, Spin and wasmCloud.
    ///
    /// # Errors
    /// None but in memory.
    pub fn artifact(filter: &Filter) -> Result<Self> {
        let config = serde_json::json!({
            "architecture": "wasm",
            "created": "1970-01-01T00:00:00Z",
            "layerDigests": [digest(&filter.wasm)],
            "os": "wasip1",
        });
        let config = (media_type::WASM_CONFIG, serde_json::to_vec(&config)?);
        Self::of(filter, config, (media_type::WASM, filter.wasm.clone()), &[])
    }

    fn of(
        filter: &Filter,
        config: (&str, Vec<u8>),
        layer: (&str, Vec<u8>),
        annotations: &[(&str, &str)],
    ) -> Result<Self> {
        let describe = |(media_type, bytes): &(&str, Vec<u8>)| Descriptor {
            media_type: (*media_type).into(),
            digest: digest(bytes),
            size: bytes.len(),
        };
        let known = [
            ("org.opencontainers.image.title", filter.name.as_str()),
            ("org.opencontainers.image.version", VERSION),
            ("org.opencontainers.image.description", &filter.description),
            ("org.opencontainers.image.licenses", env!("CARGO_PKG_LICENSE")),
        ];
        // No time and no commit: the same module is the same image, whenever it is built.
        let known = known.iter().chain(annotations);
        let manifest = Manifest {
            schema_version: 2,
            media_type: media_type::MANIFEST.into(),
            config: describe(&config),
            layers: vec![describe(&layer)],
            annotations: known.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let blobs = [("configuration", config.1), ("module", layer.1)];
        Ok(Self {
            manifest: serde_json::to_vec(&manifest)?,
            blobs: blobs.map(|(what, bytes)| Blob { what, bytes }).into(),
        })
    }

    /// The digest by which it is pinned.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }
}

/// `sha256:` and 64 digits.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

/// 64 digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
