//! The filters as OCI images, in the form that Istio's agent and Envoy Gateway read: one manifest, one compressed
//! layer with one file, `plugin.wasm`; and in that of the CNCF's artifacts.
//!
//! The same modules give the same bytes, whoever packs them: nothing of the machine or the time is in an image.

pub mod checkout;
pub mod consumers;
pub mod credentials;
pub mod explain;
pub mod filters;
pub mod image;
pub mod layer;
pub mod layout;
pub mod pack;
pub mod publish;
pub mod registry;
pub mod reproduce;
pub mod target;
pub mod verify;
