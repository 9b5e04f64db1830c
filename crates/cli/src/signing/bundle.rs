//! Sigstore bundles: an envelope, and which key signed it. cosign 3 stores them as referrers of an image.
//!
//! Source: sigstore's protobuf-specs, `sigstore_bundle.proto`; cosign's `specs/BUNDLE_SPEC.md`.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::envelope::Envelope;
use super::key::SigningKey;

/// The media type of a bundle, and the `artifactType` of its manifest.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The annotation of its manifest that names the kind of contents, and the kind that this tool writes.
pub const CONTENT: (&str, &str) = ("dev.sigstore.bundle.content", "dsse-envelope");

/// The annotation of its manifest that names what the statement says.
pub const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// A bundle with an envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    media_type: String,
    verification_material: Material,
    /// The envelope.
    pub dsse_envelope: Envelope,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyName>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeyName {
    #[serde(default)]
    hint: String,
}

impl Bundle {
    /// Signs a statement.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(statement: &[u8], key: &SigningKey) -> Result<Self> {
        Ok(Self {
            media_type: MEDIA_TYPE.into(),
            verification_material: Material { public_key: Some(KeyName { hint: key.public().hint() }) },
            dsse_envelope: Envelope::sign(statement, key)?,
        })
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// It is damaged, or holds no envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).context("the bundle is damaged, or holds no envelope")
    }

    /// Returns the name of the key, if the bundle was signed with a key: see [`super::public::PublicKey::hint`].
    pub fn hint(&self) -> Option<&str> {
        self.verification_material.public_key.as_ref().map(|name| name.hint.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::signing::public::PublicKey;
    use crate::signing::statement::{SIGNED, Statement};

    const DIGEST: &str = "sha256:8b0b23c1bb8d1b350bdd20c6a6f3e4a4e16971215498edf8d060794b3f27998f";

    const OF_COSIGN: &[u8] = include_bytes!("testdata/bundle.json");

    fn key() -> PublicKey {
        PublicKey::parse(include_str!("testdata/cosign.pub")).unwrap()
    }

    #[test]
    fn a_bundle_of_cosigns_opens() {
        let bundle = Bundle::parse(OF_COSIGN).unwrap();
        assert_eq!(bundle.hint(), Some(key().hint().as_str()));
        let said = bundle.dsse_envelope.open(&key()).unwrap();
        assert_eq!(Statement::about(&said, DIGEST).unwrap().predicate_type, SIGNED);
        let other = Statement::about(&said, &DIGEST.replace('8', "9")).unwrap_err().to_string();
        assert_eq!(other, format!("it is about another image: {DIGEST}"));
    }

    #[test]
    fn a_changed_bundle_does_not() {
        let whole: Value = serde_json::from_slice(OF_COSIGN).unwrap();
        for (field, value, expected) in [
            ("/dsseEnvelope/payload", "e30=", "none of its signatures is by this key"),
            ("/dsseEnvelope/payload", "e30", "the envelope is damaged"),
            ("/dsseEnvelope/payloadType", "text/plain", "the envelope holds `text/plain`"),
            ("/dsseEnvelope/signatures/0/sig", "AQID", "none of its signatures is by this key"),
        ] {
            let mut changed = whole.clone();
            *changed.pointer_mut(field).unwrap() = value.into();
            let bundle = Bundle::parse(&serde_json::to_vec(&changed).unwrap()).unwrap();
            let error = bundle.dsse_envelope.open(&key()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
