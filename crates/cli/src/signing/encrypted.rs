//! Decrypts cosign's private keys: a key derived with scrypt from a password opens NaCl's `secretbox` with the key in it.
//!
//! Source: go-securesystemslib's package `encrypted`, with which cosign writes them.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use serde::Deserialize;

use super::secretbox;

/// The labels of the PEM blocks: today's, and that of cosign 1.
pub(super) const LABELS: [&str; 2] = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"];

/// The most memory that scrypt may take, in bytes. cosign's keys need 64 MiB.
const MOST_MEMORY: u64 = 1 << 30;

#[derive(Deserialize)]
struct Sealed {
    kdf: Derivation,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    params: Cost,
    salt: String,
}

/// The parameters of scrypt, as its RFC 7914 names them.
#[derive(Deserialize)]
struct Cost {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Decrypts the contents of a PEM block, and returns the key as PKCS#8.
///
/// # Errors
/// The password is wrong, or the contents are damaged or encrypted in another way.
pub(super) fn decrypt(contents: &[u8], password: &str) -> Result<Vec<u8>> {
    let sealed: Sealed = serde_json::from_slice(contents).context("its encrypted key is damaged")?;
    let (kdf, cipher) = (sealed.kdf, sealed.cipher);
    ensure!(
        kdf.name == "scrypt" && cipher.name == "nacl/secretbox",
        "its key is encrypted with {} and {}, not scrypt and nacl/secretbox, which cosign uses",
        kdf.name,
        cipher.name
    );
    let params = kdf.params.checked().context("its parameters of scrypt are invalid or take over 1 GiB")?;
    let mut key = [0; 32];
    scrypt::scrypt(password.as_bytes(), &decoded(&kdf.salt)?, &params, &mut key)?;
    let nonce = decoded(&cipher.nonce)?.try_into().ok().context("its nonce is not 24 bytes long")?;
    secretbox::open(&key, &nonce, &decoded(&sealed.ciphertext)?).context("the password is wrong")
}

impl Cost {
    fn checked(&self) -> Option<scrypt::Params> {
        const BLOCK: u64 = 128;
        let memory = self.n.checked_mul(u64::from(self.r))?.checked_mul(BLOCK)?;
        if !self.n.is_power_of_two() || memory > MOST_MEMORY || self.p > 16 {
            return None;
        }
        scrypt::Params::new(u8::try_from(self.n.ilog2()).ok()?, self.r, self.p).ok()
    }
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok().context("its encrypted key is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_that_would_take_too_much_are_refused() {
        let cost = |n, r, p| Cost { n, r, p }.checked().is_some();
        assert!(cost(1 << 16, 8, 1));
        for (n, r, p) in
            [(65_535, 8, 1), (1 << 21, 8, 1), (1 << 16, u32::MAX, 1), (1 << 16, 8, 17), (0, 8, 1)]
        {
            assert!(!cost(n, r, p), "{n} {r} {p}");
        }
    }

    #[test]
    fn other_encryption_is_named() {
        let other = br#"{"kdf":{"name":"argon2","params":{"N":2,"r":1,"p":1},"salt":""},"cipher":{"name":"aes","nonce":""},"ciphertext":""}"#;
        let error = decrypt(other, "").unwrap_err().to_string();
        assert!(error.starts_with("its key is encrypted with argon2 and aes"), "{error}");
    }
}
