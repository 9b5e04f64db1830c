//! The rules by which Istio's agent and Envoy Gateway take an image.
//!
//! Source: Istio's `pkg/wasm/imagefetcher.go`, and Envoy Gateway's copy of it.

use anyhow::{Context, Result, ensure};

use crate::image::{Descriptor, Manifest, digest, media_type};
use crate::layer;

/// The manifests that are taken, each with the layer that it must have: OCI's, and Docker's, which container engines
/// make as well.
const FORMS: [(&str, &str); 3] = [
    (media_type::MANIFEST, media_type::LAYER),
    // OCI lets a manifest leave its type to the registry.
    ("", media_type::LAYER),
    (media_type::DOCKER_MANIFEST, media_type::DOCKER_LAYER),
];

/// What a manifest says of an image that all of them take.
#[derive(Clone, Debug)]
pub struct Described {
    /// The configuration.
    pub config: Descriptor,
    /// The one layer.
    pub layer: Descriptor,
}

/// Looks at a manifest as its consumers do, and tells `held` of every rule that holds.
///
/// # Errors
/// The first rule that does not.
pub fn described(manifest: &[u8], held: &dyn Fn(&str)) -> Result<Described> {
    let manifest = single(manifest)?;
    held("it is a single manifest, not an index, so pinning it by digest works");
    let layer = the_layer(&manifest)?.clone();
    held(&format!("its one layer is of the type {}", layer.media_type));
    Ok(Described { config: manifest.config, layer })
}

/// The module in an image with this configuration and layer.
///
/// # Errors
/// The first rule that does not hold.
pub fn module(described: &Described, config: &[u8], layer: &[u8], held: &dyn Fn(&str)) -> Result<Vec<u8>> {
    is_whole(&described.layer, layer).context("the layer")?;
    is_whole(&described.config, config).context("the configuration")?;
    held("layer and configuration have the digests and sizes that the manifest says");
    let (module, diff_id) = layer::module(layer).context("it would be refused")?;
    held(&format!("the layer is a gzip'd tar with one file, `{}`, of at most 256 MiB", layer::FILE));
    let config: serde_json::Value = serde_json::from_slice(config).context("the configuration is no JSON")?;
    ensure!(
        config["rootfs"]["diff_ids"] == serde_json::json!([diff_id]),
        "Istio's agent takes it, container engines do not: the configuration's `rootfs.diff_ids` is not the layer's, \
         {diff_id}"
    );
    held("the configuration names the layer's tar");
    ensure!(
        module.starts_with(b"\0asm\x01\0\0\0"),
        "it would be refused: `{}` does not begin as a WebAssembly module does: \\0asm and version 1",
        layer::FILE
    );
    held("the file begins as a WebAssembly module");
    Ok(module)
}

fn single(bytes: &[u8]) -> Result<Manifest> {
    let value: serde_json::Value = serde_json::from_slice(bytes).context("the manifest is no JSON")?;
    ensure!(
        value.get("manifests").is_none(),
        "pinned by its digest it would be refused: it is a list of manifests (an index), and Istio compares with the \
         digest of a manifest in the list; push one manifest"
    );
    let kind = value["mediaType"].as_str().unwrap_or_default().to_owned();
    let manifest: Manifest = serde_json::from_value(value).context("the manifest is not one of an image")?;
    ensure!(
        FORMS.iter().any(|(known, _)| *known == kind),
        "it would be refused: the manifest's `mediaType` is `{kind}`, not `{}` or Docker's",
        media_type::MANIFEST
    );
    Ok(manifest)
}

fn the_layer(manifest: &Manifest) -> Result<&Descriptor> {
    let types: Vec<_> = manifest.layers.iter().map(|layer| layer.media_type.as_str()).collect();
    let [layer] = manifest.layers.as_slice() else {
        anyhow::bail!(
            "Istio's agent takes the last of its {} layers, others may not; one is what all take: {}",
            types.len(),
            types.join(", ")
        );
    };
    let due = FORMS.iter().find(|(kind, _)| *kind == manifest.media_type).map_or("", |(_, layer)| layer);
    ensure!(
        layer.media_type == due,
        "it would be refused: its layer is of the type `{}`: Istio and Envoy Gateway take `{due}` only; artifacts of \
         the CNCF's kind are for other runtimes",
        layer.media_type
    );
    Ok(layer)
}

fn is_whole(descriptor: &Descriptor, bytes: &[u8]) -> Result<()> {
    let found = digest(bytes);
    ensure!(found == descriptor.digest, "its digest is {found}, not {}", descriptor.digest);
    ensure!(
        bytes.len() == descriptor.size,
        "it has {} bytes, and the manifest says {}",
        bytes.len(),
        descriptor.size
    );
    Ok(())
}
