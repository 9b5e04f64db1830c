//! The project that the tool works on: a Cargo workspace with one crate for each filter in `filters/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The Envoy that `verify` loads modules in.
pub const ENVOY_VERSION: &str = "1.40.0";

/// A project, with metadata from its root manifest.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    version: String,
    license: String,
}

#[derive(Deserialize)]
struct RootManifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    package: WorkspacePackage,
}

#[derive(Deserialize)]
struct WorkspacePackage {
    version: String,
    license: String,
}

impl Project {
    /// Finds the project that the current directory is in.
    ///
    /// # Errors
    /// Neither this directory nor one above it is a project, or its Cargo.toml cannot be read.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("cannot read the current directory")?;
        let is_root = |folder: &&Path| folder.join("Cargo.toml").is_file() && folder.join("filters").is_dir();
        let root = here.ancestors().find(is_root).with_context(|| {
            format!(
                "{} is not in a project: run this below a folder with Cargo.toml and filters/",
                here.display()
            )
        })?;
        Self::at(root)
    }

    /// The project in a folder.
    ///
    /// # Errors
    /// The folder's Cargo.toml cannot be read, or lacks `version` or `license` in `[workspace.package]`.
    pub fn at(root: &Path) -> Result<Self> {
        let manifest = root.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        let RootManifest { workspace } =
            toml::from_str(&text).with_context(|| format!("cannot read {}", manifest.display()))?;
        let WorkspacePackage { version, license } = workspace.package;
        Ok(Self { root: root.into(), version, license })
    }

    /// Returns the root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the version of all filters.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the license of all filters, as an SPDX expression.
    pub fn license(&self) -> &str {
        &self.license
    }

    /// Returns the names of the filters: those of the folders in `filters/` that have a Cargo.toml.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn filter_names(&self) -> Result<Vec<String>> {
        let folder = self.root.join("filters");
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns the folder of the files that people copy.
    pub fn deploy(&self) -> PathBuf {
        self.root.join("deploy")
    }

    /// Returns a path below `target/`.
    pub fn target(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join("target").join(path)
    }

    /// Returns the folder of the built modules.
    pub fn modules(&self) -> PathBuf {
        self.target("filters")
    }

    /// Returns the path of a filter's built module.
    pub fn module(&self, filter: &str) -> PathBuf {
        self.modules().join(format!("{filter}.wasm"))
    }

    /// Returns the file that names the compiler of the modules.
    pub fn compiler_file(&self) -> PathBuf {
        self.modules().join("compiler.txt")
    }

    /// Returns the path of the Envoy that `just setup` fetches.
    pub fn envoy(&self) -> PathBuf {
        self.target(format!("parts/envoy-{ENVOY_VERSION}/envoy/_bin/envoy"))
    }

    /// Returns the path of the cargo-cyclonedx that `cargo xtask setup release` compiles.
    pub fn cyclonedx(&self) -> PathBuf {
        self.target("parts/cyclonedx/bin/cargo-cyclonedx")
    }
}
