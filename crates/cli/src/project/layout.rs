//! The tables `proxy-filter` of a manifest's metadata.

use std::path::PathBuf;

use serde::Deserialize;

/// Where a project keeps its filters' files: `[workspace.metadata.proxy-filter]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The directory of the filters' crates, from the root. `new` creates crates there instead of in the current directory.
    pub filters: Option<PathBuf>,
    /// The directory of all files for deployment, from the root. Without it, each filter's crate has its own `deploy/`.
    pub deploy: Option<PathBuf>,
    /// The folder of the images below a registry.
    pub images: Option<String>,
    /// The version of Envoy to test with.
    pub envoy: Option<String>,
}

/// What a package says about itself: `[package.metadata.proxy-filter]`. Its presence makes the package a filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The version of Envoy to test with.
    pub(super) envoy: Option<String>,
}
