//! Media types.
//!
//! Source: the OCI image specification; Istio's `pkg/wasm/imagefetcher.go`; the CNCF's guidance for Wasm artifacts.

/// A manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An index: a list of manifests.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The configuration of an image.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer of an image.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Docker's layer of an image.
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// Docker's manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's list of manifests.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The configuration of a Wasm artifact.
pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The one layer of a Wasm artifact.
pub const WASM: &str = "application/wasm";
/// The configuration of a manifest that needs none.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// A bill of materials.
pub const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
