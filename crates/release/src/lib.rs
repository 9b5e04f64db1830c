//! A release: the modules, their digests as images, the files of `deploy/` with those, what is inside, what is new.
//!
//! The same commit and compiler give the same bytes.

pub mod assets;
pub mod changelog;
pub mod digests;
pub mod sbom;
