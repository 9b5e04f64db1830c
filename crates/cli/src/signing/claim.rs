//! What cosign signed before version 3, and what podman, skopeo and policy engines still read: a JSON text that names an image.
//!
//! Source: cosign's `specs/SIGNATURE_SPEC.md`; containers-signature(5).

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// The annotation of its layer with the signature, in base64.
pub const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// What the text says that it is.
const KIND: &str = "cosign container image signature";

/// The claim that an image belongs to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The repository with its registry, without a tag.
    pub repository: String,
    /// The digest of the image's manifest.
    pub digest: String,
}

#[derive(Serialize, Deserialize)]
struct Text {
    critical: Critical,
    #[serde(default)]
    optional: Value,
}

#[derive(Serialize, Deserialize)]
struct Critical {
    identity: Identity,
    image: Image,
    r#type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Identity {
    docker_reference: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Image {
    docker_manifest_digest: String,
}

impl Claim {
    /// Writes the text, byte for byte as cosign does.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let critical = Critical {
            identity: Identity { docker_reference: self.repository.clone() },
            image: Image { docker_manifest_digest: self.digest.clone() },
            r#type: KIND.into(),
        };
        Ok(serde_json::to_vec(&Text { critical, optional: Value::Null })?)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// It is another text.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let Text { critical, .. } = serde_json::from_slice(bytes).context("what is signed names no image")?;
        ensure!(critical.r#type == KIND, "what is signed is `{}`, not `{KIND}`", critical.r#type);
        let repository = critical.identity.docker_reference;
        Ok(Self { repository, digest: critical.image.docker_manifest_digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_cosigns() {
        let of_cosign = include_bytes!("testdata/claim.json");
        let claim = Claim::parse(of_cosign).unwrap();
        assert_eq!(claim.repository, "127.0.0.1:5077/acme/proxy-wasm-filters/add-header");
        assert_eq!(claim.to_bytes().unwrap(), of_cosign);
        let other = String::from_utf8_lossy(of_cosign).replace("cosign container", "atomic container");
        let error = Claim::parse(other.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("what is signed is `atomic container image signature`"), "{error}");
    }
}
