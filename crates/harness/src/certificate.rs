//! Certificates for tests, created by the `openssl` program.

use std::fs;

use anyhow::{Context, Result};

use crate::command::output;
use crate::parts;
use crate::scratch::Scratch;

/// The program.
pub const PROGRAM: &str = "openssl";

/// A certificate and its private key, both PEM.
pub struct Certificate {
    /// The certificate.
    pub pem: String,
    /// The private key.
    pub key: String,
}

impl Certificate {
    /// Creates a self-signed certificate for a host name, valid for a day.
    ///
    /// # Errors
    /// `openssl` is missing or fails.
    pub fn self_signed(name: &str) -> Result<Self> {
        Self::with_subject(&format!("/CN={name}"), name)
    }

    /// Creates a self-signed certificate with a subject as `openssl` takes it, such as `/O=Example/CN=ann`.
    ///
    /// # Errors
    /// `openssl` is missing or fails.
    pub fn with_subject(subject: &str, name: &str) -> Result<Self> {
        let scratch = Scratch::new("certificate")?;
        let (certificate, key) = (scratch.path().join("certificate.pem"), scratch.path().join("key.pem"));
        let mut openssl = parts::program(PROGRAM)?;
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        openssl.args(["-days", "1", "-utf8", "-subj", subject]);
        openssl.args(["-addext", &format!("subjectAltName=DNS:{name}")]);
        // OpenSSL marks self-signed certificates as authorities, which clients do not accept from servers.
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        output(openssl.arg("-out").arg(&certificate).arg("-keyout").arg(&key))?;
        let read = |path| fs::read_to_string(path).context("openssl wrote no certificate or key");
        Ok(Self { pem: read(certificate)?, key: read(key)? })
    }
}
