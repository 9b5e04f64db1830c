//! An image: a manifest and its blobs.

use anyhow::Result;

use super::digest::digest;
use super::layer::Layer;
use super::manifest::{Descriptor, Manifest};
use super::media_type;
use crate::filter::Filter;

/// An image in memory.
#[derive(Clone, Debug)]
pub struct Image {
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The configuration, then the layers.
    pub blobs: Vec<Blob>,
}

/// Bytes that a manifest refers to by their digest.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its name in progress messages.
    pub what: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Image {
    /// The form that Istio's agent and Envoy Gateway read (variant "compat").
    ///
    /// # Errors
    /// The module cannot be compressed.
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
    /// The configuration cannot be written as JSON.
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
        // No time and no commit: the same module yields the same image whenever it is built.
        let known = [
            ("org.opencontainers.image.title", filter.name.as_str()),
            ("org.opencontainers.image.version", &filter.version),
            ("org.opencontainers.image.description", &filter.description),
            ("org.opencontainers.image.licenses", &filter.license),
        ];
        let known = known.iter().filter(|(_, value)| !value.is_empty()).chain(annotations);
        let manifest = Manifest {
            schema_version: 2,
            media_type: media_type::MANIFEST.into(),
            artifact_type: None,
            config: Descriptor::of(config.0, &config.1),
            layers: vec![Descriptor::of(layer.0, &layer.1)],
            subject: None,
            annotations: known.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let blobs = [("configuration", config.1), ("module", layer.1)];
        Ok(Self {
            manifest: serde_json::to_vec(&manifest)?,
            blobs: blobs.map(|(what, bytes)| Blob { what, bytes }).into(),
        })
    }

    /// Returns the manifest's digest, which pins the image.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// Returns how another manifest refers to the image.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(media_type::MANIFEST, &self.manifest)
    }
}
