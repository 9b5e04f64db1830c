//! Reads manifests with `cargo metadata`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use proxy_filter_envoy::command::output;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::layout::{Layout, Table};

/// The field of a manifest's metadata that is this tool's.
const FIELD: &str = "proxy-filter";

/// The package of the layer, which every filter depends on.
const LAYER: &str = "proxy-filter";

/// What the tool needs to know of a workspace.
pub(super) struct Metadata {
    pub(super) root: PathBuf,
    pub(super) target: PathBuf,
    pub(super) layout: Layout,
    pub(super) members: Vec<Member>,
}

/// A member of the workspace.
pub(super) struct Member {
    pub(super) package: Package,
    pub(super) table: Option<Table>,
    /// Whether the package depends on the layer, not only in its tests.
    pub(super) has_layer: bool,
}

#[derive(Deserialize)]
struct Document {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    metadata: Value,
}

/// A package, as `cargo metadata` describes it.
#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: Option<String>,
    pub(super) description: Option<String>,
    pub(super) repository: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    metadata: Value,
}

impl Package {
    /// Returns the directory of the manifest.
    pub(super) fn directory(&self) -> PathBuf {
        self.manifest_path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency.
    kind: Option<String>,
}

/// Reads the workspace that a directory belongs to.
///
/// # Errors
/// Cargo cannot read a manifest, or a table is invalid.
pub(super) fn read(directory: &Path) -> Result<Metadata> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(directory);
    let document: Document = serde_json::from_str(&output(&mut cargo)?).context("`cargo metadata`")?;
    let layout = table(&document.metadata)
        .with_context(|| of_manifest(&document.workspace_root.join("Cargo.toml"), "workspace"))?
        .unwrap_or_default();
    let members = document.packages.into_iter().map(member).collect::<Result<_>>()?;
    Ok(Metadata { root: document.workspace_root, target: document.target_directory, layout, members })
}

fn member(package: Package) -> Result<Member> {
    let table = table(&package.metadata).with_context(|| of_manifest(&package.manifest_path, "package"))?;
    let has_layer =
        package.dependencies.iter().any(|dependency| dependency.name == LAYER && dependency.kind.is_none());
    Ok(Member { package, table, has_layer })
}

/// Reads the tool's table in the metadata of a manifest, if there is one.
fn table<T: DeserializeOwned>(metadata: &Value) -> Result<Option<T>> {
    Ok(metadata.get(FIELD).map(T::deserialize).transpose()?)
}

fn of_manifest(manifest: &Path, owner: &str) -> String {
    format!("{}: [{owner}.metadata.{FIELD}]", manifest.display())
}
