//! A release: the modules, their checksums, the digests of their images, the pinned files of `deploy/`, bills of
//! materials, and notes.
//!
//! The same commit and compiler yield the same bytes.

pub mod assets;
pub mod changelog;
pub mod digests;
pub mod sbom;
