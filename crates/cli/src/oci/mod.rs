//! OCI images with one module, in the form that Istio's agent and Envoy Gateway read: one manifest and one gzip'd
//! layer with one file, `plugin.wasm`. Also CNCF Wasm artifacts.
//!
//! The same module always yields the same bytes: an image contains no time, no commit and nothing about the machine.

pub mod check;
pub mod digest;
pub mod image;
pub mod layer;
pub mod layout;
pub mod manifest;
pub mod media_type;
pub mod referrer;
