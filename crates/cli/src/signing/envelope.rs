//! DSSE envelopes: a text, its type and signatures over both.
//!
//! Source: <https://github.com/secure-systems-lab/dsse>, version 1.0.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::key::SigningKey;
use super::public::PublicKey;

/// The type of in-toto statements.
pub const STATEMENT: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Signature {
    sig: String,
}

impl Envelope {
    /// Signs a statement.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(statement: &[u8], key: &SigningKey) -> Result<Self> {
        let signature = key.sign(&signed(STATEMENT, statement))?;
        Ok(Self {
            payload: BASE64.encode(statement),
            payload_type: STATEMENT.into(),
            signatures: vec![Signature { sig: BASE64.encode(&signature) }],
        })
    }

    /// Returns the statement if one of the signatures is this key's.
    ///
    /// # Errors
    /// No signature is, or the envelope is damaged or holds something else.
    pub fn open(&self, key: &PublicKey) -> Result<Vec<u8>> {
        const DAMAGED: &str = "the envelope is damaged";
        ensure!(
            self.payload_type == STATEMENT,
            "the envelope holds `{}`, not an in-toto statement",
            self.payload_type
        );
        let payload = BASE64.decode(self.payload.as_bytes()).ok().context(DAMAGED)?;
        let signed = signed(&self.payload_type, &payload);
        let is_valid = |signature: &Signature| {
            let bytes = BASE64.decode(signature.sig.as_bytes());
            bytes.is_ok_and(|bytes| key.verify(&signed, &bytes).is_ok())
        };
        ensure!(self.signatures.iter().any(is_valid), "none of its signatures is by this key");
        Ok(payload)
    }
}

/// Builds what is signed: DSSE's pre-authentication encoding.
fn signed(kind: &str, payload: &[u8]) -> Vec<u8> {
    let start = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [start.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn what_is_signed() {
        let signed = signed("http://example.com/HelloWorld", b"hello world");
        assert_eq!(signed, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
