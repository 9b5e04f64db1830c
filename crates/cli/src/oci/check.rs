//! The rules that Istio's agent and Envoy Gateway apply to an image.
//!
//! Source: Istio's `pkg/wasm/imagefetcher.go`, and Envoy Gateway's copy of it.

use anyhow::{Context, Result, ensure};

use super::digest::digest;
use super::layer;
use super::manifest::{Descriptor, Manifest};
use super::media_type;

/// The manifest types that they accept, each with its layer type: OCI's, and Docker's, which container engines also
/// produce.
const FORMS: [(&str, &str); 3] = [
    (media_type::MANIFEST, media_type::LAYER),
    // OCI lets a manifest omit its type.
    ("", media_type::LAYER),
    (media_type::DOCKER_MANIFEST, media_type::DOCKER_LAYER),
];

/// The blobs of an image whose manifest passes.
#[derive(Clone, Debug)]
pub struct Blobs {
    /// The configuration.
    pub config: Descriptor,
    /// The one layer.
    pub layer: Descriptor,
}

/// Checks a manifest, and reports each rule that it meets to `passed`.
///
/// # Errors
/// The first rule that it breaks.
pub fn manifest(manifest: &[u8], passed: &dyn Fn(&str)) -> Result<Blobs> {
    let manifest = single(manifest)?;
    passed("a single manifest, not an index: a digest pins it");
    let layer = only_layer(&manifest)?.clone();
    passed(&format!("one layer of type {}", layer.media_type));
    Ok(Blobs { config: manifest.config, layer })
}

/// Checks the configuration and the layer, and returns the module.
///
/// # Errors
/// The first rule that they break.
pub fn module(blobs: &Blobs, config: &[u8], layer: &[u8], passed: &dyn Fn(&str)) -> Result<Vec<u8>> {
    is_whole(&blobs.layer, layer).context("the layer")?;
    is_whole(&blobs.config, config).context("the configuration")?;
    passed("layer and configuration have the digests and sizes of the manifest");
    let (module, diff_id) = layer::module(layer).context("Istio would refuse the image")?;
    passed(&format!("the layer is a gzip'd tar with one file, `{}`, of at most 256 MiB", layer::FILE));
    let config: serde_json::Value =
        serde_json::from_slice(config).context("the configuration is not JSON")?;
    ensure!(
        config.pointer("/rootfs/diff_ids") == Some(&serde_json::json!([diff_id])),
        "container engines would refuse the image, although Istio's agent would not: `rootfs.diff_ids` of the configuration is \
         not the layer's {diff_id}"
    );
    passed("the configuration names the layer's tar");
    ensure!(
        module.starts_with(b"\0asm\x01\0\0\0"),
        "Istio would refuse the image: `{}` does not begin like a WebAssembly module, with \\0asm and version 1",
        layer::FILE
    );
    passed("the file begins like a WebAssembly module");
    Ok(module)
}

fn single(bytes: &[u8]) -> Result<Manifest> {
    let value: serde_json::Value = serde_json::from_slice(bytes).context("the manifest is not JSON")?;
    ensure!(
        value.get("manifests").is_none(),
        "Istio would refuse the image when its digest pins it: the reference is an index, and Istio compares the digest \
         with that of a manifest in it; push a single manifest"
    );
    let kind = value.get("mediaType").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let manifest: Manifest =
        serde_json::from_value(value).context("the manifest is not an image manifest")?;
    ensure!(
        FORMS.iter().any(|(known, _)| *known == kind),
        "Istio would refuse the image: the manifest's `mediaType` is `{kind}`, not `{}` or Docker's",
        media_type::MANIFEST
    );
    Ok(manifest)
}

fn only_layer(manifest: &Manifest) -> Result<&Descriptor> {
    let types: Vec<_> = manifest.layers.iter().map(|layer| layer.media_type.as_str()).collect();
    let [layer] = manifest.layers.as_slice() else {
        anyhow::bail!(
            "the image has {} layers ({}): Istio's agent reads the last, other runtimes may read another; push one layer",
            types.len(),
            types.join(", ")
        );
    };
    let expected = FORMS.iter().find(|(kind, _)| *kind == manifest.media_type).map_or("", |(_, layer)| layer);
    ensure!(
        layer.media_type == expected,
        "Istio would refuse the image: its layer has the type `{}`, and Istio and Envoy Gateway read only `{expected}`; \
         Wasm artifacts are for other runtimes",
        layer.media_type
    );
    Ok(layer)
}

fn is_whole(descriptor: &Descriptor, bytes: &[u8]) -> Result<()> {
    let found = digest(bytes);
    ensure!(found == descriptor.digest, "its digest is {found}, but the manifest has {}", descriptor.digest);
    ensure!(
        bytes.len() == descriptor.size,
        "it has {} bytes, but the manifest has {}",
        bytes.len(),
        descriptor.size
    );
    Ok(())
}
