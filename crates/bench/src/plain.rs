//! Builds the filters that are written with nothing but the proxy-wasm SDK, as anyone would: for speed, with no step after
//! linking.

use std::path::PathBuf;

use anyhow::Result;
use cargo_proxy_filter::build::link::{self, Profile};
use cargo_proxy_filter::build::toolchain::Toolchain;
use cargo_proxy_filter::project::Project;
use harness::parts;
use harness::target::WASM;

const PROFILE: Profile = Profile { name: "plain", directory: WASM, flags: &[] };

/// Builds the modules and returns their folder.
///
/// # Errors
/// There is no toolchain for the target, or a filter does not compile.
pub(crate) fn build() -> Result<PathBuf> {
    let project = Project::at(&parts::root())?;
    let chosen = ["--quiet", "--package", "plain-filters", "--examples"];
    Ok(link::cargo(&project, &Toolchain::ready()?, PROFILE, "build", &chosen)?.join("examples"))
}
