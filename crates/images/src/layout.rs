//! An image as a folder: the OCI image layout.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::image::{Image, media_type, sha256};

/// Writes an image into a folder that is not there yet.
///
/// # Errors
/// The folder cannot be written.
pub fn write(image: &Image, folder: &Path, tag: &str) -> Result<()> {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| blobs.display().to_string())?;
    for bytes in image.blobs.iter().map(|blob| &blob.bytes).chain([&image.manifest]) {
        fs::write(blobs.join(sha256(bytes)), bytes)?;
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
    fs::write(folder.join("index.json"), serde_json::to_vec(&index)?)?;
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(())
}
