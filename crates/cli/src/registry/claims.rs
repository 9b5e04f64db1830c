//! Claims of an image: cosign stores them as an image of its own, one layer each, whose tag is made of the digest.
//!
//! Source: cosign's `specs/SIGNATURE_SPEC.md`, "Storage".

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::client::RegistryClient;
use crate::oci::image::{Blob, Image};
use crate::oci::manifest::{Descriptor, Manifest};
use crate::oci::{media_type, referrer};
use crate::signing::claim;

/// A claim and its signature, as they are stored.
#[derive(Clone, Debug)]
pub(super) struct SignedClaim {
    /// The claim's text.
    pub(super) claim: Vec<u8>,
    /// The signature in DER.
    pub(super) signature: Vec<u8>,
}

/// Returns the tag of the claims of the image with this digest.
fn tag(digest: &str) -> String {
    referrer::tag(digest) + ".sig"
}

/// Pulls the claims of the image with this digest. Leaves out layers without a signature.
pub(super) fn pull(registry: &RegistryClient, digest: &str) -> Result<Vec<SignedClaim>> {
    let at = registry.at_tag(tag(digest));
    let Some(manifest) = at.manifest_if_any()? else { return Ok(Vec::new()) };
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .with_context(|| format!("{} is not an image manifest", tag(digest)))?;
    let mut claims = Vec::new();
    for layer in &manifest.layers {
        let signature = layer.annotations.get(claim::SIGNATURE);
        let signature = signature.and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).ok());
        if let Some(signature) = signature {
            claims.push(SignedClaim { claim: at.small_blob(layer)?, signature });
        }
    }
    Ok(claims)
}

/// Adds a claim to those of the image with this digest. Keeps those of others.
pub(super) fn add(
    registry: &RegistryClient,
    digest: &str,
    new: &SignedClaim,
    progress: &dyn Fn(&str),
) -> Result<()> {
    let at = registry.at_tag(tag(digest));
    let before = at.manifest_if_any()?;
    let image = append_to_manifest(before.as_deref(), new)
        .with_context(|| format!("cannot add to what is tagged {}", tag(digest)))?;
    at.push(&image, progress).map(drop)
}

fn append_to_manifest(before: Option<&[u8]>, new: &SignedClaim) -> Result<Image> {
    let mut manifest: Value = match before {
        Some(bytes) => serde_json::from_slice(bytes).context("it is not JSON")?,
        None => json!({"schemaVersion": 2, "mediaType": media_type::MANIFEST, "layers": []}),
    };
    let mut layer = Descriptor::of(claim::MEDIA_TYPE, &new.claim);
    layer.annotations.insert(claim::SIGNATURE.into(), data_encoding::BASE64.encode(&new.signature));
    let layers = manifest.get_mut("layers").and_then(Value::as_array_mut).context("it has no layers")?;
    layers.push(serde_json::to_value(layer)?);
    // Container engines want a configuration that names every layer. These are not compressed.
    let layers: Vec<_> = layers.iter().filter_map(|layer| layer.get("digest")).collect();
    let config = json!({
        "architecture": "",
        "created": "1970-01-01T00:00:00Z",
        "os": "",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": layers},
    });
    let config = serde_json::to_vec(&config)?;
    let described = serde_json::to_value(Descriptor::of(media_type::CONFIG, &config))?;
    manifest.as_object_mut().context("it is not an object")?.insert("config".into(), described);
    let blobs = [("configuration", config), ("claim", new.claim.clone())];
    Ok(Image {
        manifest: serde_json::to_vec(&manifest)?,
        blobs: blobs.map(|(what, bytes)| Blob { what, bytes }).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(text: &str) -> SignedClaim {
        SignedClaim { claim: text.into(), signature: text.into() }
    }

    #[test]
    fn claims_of_others_stay() {
        let first = append_to_manifest(None, &claim("one")).unwrap();
        let mut others: Value = serde_json::from_slice(&first.manifest).unwrap();
        others["layers"][0]["annotations"]["dev.sigstore.cosign/bundle"] = "log".into();
        let both = append_to_manifest(Some(&serde_json::to_vec(&others).unwrap()), &claim("two")).unwrap();
        let both: Value = serde_json::from_slice(&both.manifest).unwrap();
        assert_eq!(both["layers"][0], others["layers"][0]);
        assert_eq!(both["layers"][1]["annotations"][claim::SIGNATURE], "dHdv");
        assert!(append_to_manifest(Some(b"{}"), &claim("one")).is_err());
    }
}
