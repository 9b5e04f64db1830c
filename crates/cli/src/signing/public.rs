//! Public keys.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::pem;

/// What a `SubjectPublicKeyInfo` of an ECDSA key on P-256 begins with in DER: the algorithm, the curve and the header of the point.
/// Source: RFC 5480.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// The size of a point that is not compressed.
const POINT: usize = 65;

/// A public key: ECDSA on P-256, with SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    info: Vec<u8>,
    point: Vec<u8>,
}

impl PublicKey {
    /// Reads a PEM file, as `cosign generate-key-pair` and `openssl ec -pubout` write it.
    ///
    /// # Errors
    /// The file cannot be read, or contains another kind of key.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not a public key for this", path.display()))
    }

    /// Parses the text of a PEM file.
    ///
    /// # Errors
    /// It is not a public key on P-256.
    pub fn parse(text: &str) -> Result<Self> {
        let blocks = pem::blocks(text)?;
        if let Some(block) = blocks.iter().find(|block| block.label == "PUBLIC KEY") {
            return Self::of_info(&block.bytes);
        }
        let labels: Vec<_> = blocks.iter().map(|block| block.label.as_str()).collect();
        let is_private = labels.iter().any(|label| label.ends_with("PRIVATE KEY"));
        let advice = match is_private {
            true => {
                ": it is private; `cosign public-key --key FILE` or `openssl ec -in FILE -pubout` prints the public one"
            }
            false => "",
        };
        bail!("it contains `{}`, not `PUBLIC KEY`{advice}", labels.join("`, `"))
    }

    /// Makes a key of a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// It is another kind of key.
    pub(super) fn of_info(info: &[u8]) -> Result<Self> {
        let point = info.strip_prefix(P256).filter(|point| point.len() == POINT);
        let point = point.context("it is not an ECDSA key on P-256, the kind that cosign makes")?;
        Ok(Self { info: info.to_owned(), point: point.to_owned() })
    }

    /// Checks a signature in DER.
    ///
    /// # Errors
    /// Another key made it, or the message or the signature was changed.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point);
        ensure!(key.verify(message, signature).is_ok(), "the signature does not match");
        Ok(())
    }

    /// Returns what a bundle names the key with: the base64 of its SHA-256, as cosign does.
    pub fn hint(&self) -> String {
        BASE64.encode(digest(&SHA256, &self.info).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_cosign() -> PublicKey {
        PublicKey::parse(include_str!("testdata/cosign.pub")).unwrap()
    }

    #[test]
    fn a_signature_of_cosigns_fits_its_message_and_no_other() {
        let (claim, signature) = (include_bytes!("testdata/claim.json"), include_str!("testdata/claim.sig"));
        let signature = BASE64.decode(signature.as_bytes()).unwrap();
        of_cosign().verify(claim, &signature).unwrap();
        for at in 0..claim.len() {
            let mut changed = claim.to_vec();
            changed[at] ^= 1;
            of_cosign().verify(&changed, &signature).unwrap_err();
        }
    }

    #[test]
    fn other_keys_are_refused() {
        for (text, expected) in [
            (
                include_str!("testdata/cosign.key"),
                "it contains `ENCRYPTED SIGSTORE PRIVATE KEY`, not `PUBLIC KEY`: it is private",
            ),
            (
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
                "it contains `CERTIFICATE`, not `PUBLIC KEY`",
            ),
            ("-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----", "it is not an ECDSA key on P-256"),
        ] {
            let error = PublicKey::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
