//! An image on disk: the OCI image layout.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::digest::sha256;
use super::image::Image;
use super::media_type;

/// Writes an image into a directory.
///
/// # Errors
/// The directory cannot be written.
pub fn write(image: &Image, directory: &Path, tag: &str) -> Result<()> {
    let blobs = directory.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| format!("cannot create {}", blobs.display()))?;
    let put = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    for bytes in image.blobs.iter().map(|blob| &blob.bytes).chain([&image.manifest]) {
        put(&blobs.join(sha256(bytes)), bytes)?;
    }
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::INDEX,
        "manifests": [{
            "mediaType": media_type::MANIFEST,
            "digest": image.digest(),
            "size": image.manifest.len(),
            "annotations": {"org.opencontainers.image.ref.name": tag},
        }],
    });
    put(&directory.join("index.json"), &serde_json::to_vec(&index)?)?;
    put(&directory.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)
}
