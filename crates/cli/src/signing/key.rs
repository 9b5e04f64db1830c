//! Private keys.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

use super::pem::Block;
use super::public::PublicKey;
use super::{encrypted, password, pem};

/// The commands that make a key.
const ADVICE: &str =
    "`cosign generate-key-pair` or `openssl ecparam -genkey -name prime256v1 -noout -out FILE` makes one";

/// A private key: ECDSA on P-256, with SHA-256.
#[derive(Clone)]
pub struct SigningKey {
    key: Arc<dyn rustls::sign::SigningKey>,
    public: PublicKey,
}

impl SigningKey {
    /// Reads a PEM file: an encrypted key of cosign's, whose password is asked for, or a plain key in PKCS#8 or SEC1.
    ///
    /// # Errors
    /// The file cannot be read, the password is wrong, or the key is of another kind.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, &|| password::of(path))
            .with_context(|| format!("cannot sign with {}", path.display()))
    }

    /// Parses the text of a PEM file. `password` is called if the key is encrypted.
    ///
    /// # Errors
    /// The password is wrong, or the key is of another kind.
    pub fn parse(text: &str, password: &dyn Fn() -> Result<String>) -> Result<Self> {
        let blocks = pem::blocks(text)?;
        let is_private = |block: &&Block| block.label.ends_with("PRIVATE KEY");
        let Some(block) = blocks.iter().find(is_private) else {
            bail!("it has no private key; {ADVICE}");
        };
        match block.label.as_str() {
            "PRIVATE KEY" => Self::of_der(PrivatePkcs8KeyDer::from(block.bytes.as_slice()).into()),
            "EC PRIVATE KEY" => Self::of_der(PrivateSec1KeyDer::from(block.bytes.as_slice()).into()),
            label if encrypted::LABELS.contains(&label) => {
                let plain = encrypted::decrypt(&block.bytes, &password()?)?;
                Self::of_der(PrivatePkcs8KeyDer::from(plain).into())
            }
            "ENCRYPTED PRIVATE KEY" => bail!(
                "its encryption is not cosign's: `openssl pkey -in FILE -out PLAIN` decrypts it, and `cosign import-key-pair --key \
                 PLAIN` encrypts it as cosign does"
            ),
            label => bail!("it contains `{label}`; {ADVICE}"),
        }
    }

    fn of_der(der: PrivateKeyDer<'_>) -> Result<Self> {
        const WRONG: &str = "it is not an ECDSA key on P-256, the kind that cosign makes";
        let key = any_supported_type(&der).ok().context(WRONG)?;
        let public = PublicKey::of_info(&key.public_key().context(WRONG)?)?;
        let this = Self { key, public };
        // The halves of a key are stored apart, so they may be of two keys.
        let (message, fits) = (b"message".as_slice(), "its private and public halves do not belong together");
        this.public.verify(message, &this.sign(message)?).context(fits)?;
        Ok(this)
    }

    /// Signs a message. Returns the signature in DER, which differs each time.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let scheme = self.key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
        Ok(scheme.context("the key cannot sign with SHA-256")?.sign(message)?)
    }

    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

/// Shows only the public key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_COSIGN: &str = include_str!("testdata/cosign.key");

    #[test]
    fn a_key_of_cosigns_signs() {
        let key = SigningKey::parse(OF_COSIGN, &|| Ok("correct-horse".into())).unwrap();
        let public = PublicKey::parse(include_str!("testdata/cosign.pub")).unwrap();
        assert_eq!(*key.public(), public);
        let signature = key.sign(b"message").unwrap();
        public.verify(b"message", &signature).unwrap();
        public.verify(b"massage", &signature).unwrap_err();
    }

    #[test]
    fn a_wrong_password_is_named() {
        let error = SigningKey::parse(OF_COSIGN, &|| Ok("battery-staple".into())).unwrap_err();
        assert_eq!(error.to_string(), "the password is wrong");
    }

    #[test]
    fn other_keys_are_refused() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----");
        for (label, expected) in [
            ("PUBLIC KEY", "it has no private key; `cosign generate-key-pair` or `openssl"),
            ("ENCRYPTED PRIVATE KEY", "its encryption is not cosign's: `openssl pkey"),
            ("RSA PRIVATE KEY", "it contains `RSA PRIVATE KEY`; `cosign"),
            ("PRIVATE KEY", "it is not an ECDSA key on P-256"),
            ("EC PRIVATE KEY", "it is not an ECDSA key on P-256"),
            ("ENCRYPTED SIGSTORE PRIVATE KEY", "its encrypted key is damaged"),
        ] {
            let error = SigningKey::parse(&pem(label), &|| Ok(String::new())).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
