//! Signatures of images, in the formats of cosign: with a key, and without a transparency log or any other service.
//!
//! - [`key`] signs with the keys that cosign and openssl write, and [`public`] verifies.
//! - [`claim`] is what cosign signed before version 3: a short JSON text.
//! - [`statement`] is what it signs since: in-toto statements in an [`envelope`], stored as a Sigstore [`bundle`].
//!
//! Source: cosign's `specs/SIGNATURE_SPEC.md` and `specs/BUNDLE_SPEC.md`; in-toto's attestation framework; the DSSE
//! specification.

pub mod bundle;
pub mod claim;
mod encrypted;
pub mod envelope;
pub mod key;
mod password;
mod pem;
pub mod provenance;
pub mod public;
mod secretbox;
pub mod statement;
