//! Directories and files of a project.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{FilterPackage, Project};

/// The mark of a directory that can be made again. Source: the Cache Directory Tagging Specification.
const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

impl Project {
    /// Returns the directory of a filter's files for deployment.
    pub fn deploy_of(&self, filter: &FilterPackage) -> PathBuf {
        match &self.layout.deploy {
            Some(deploy) => self.root.join(deploy),
            None => filter.directory.join("deploy"),
        }
    }

    /// Returns the directories of files for deployment: one for all filters, or one for each.
    pub fn deploy_directories(&self) -> BTreeSet<PathBuf> {
        self.filters.iter().map(|filter| self.deploy_of(filter)).collect()
    }

    /// Returns a path in the target directory.
    pub fn target(&self, path: impl AsRef<Path>) -> PathBuf {
        self.target.join(path)
    }

    /// Marks the target directory as cargo does when it creates it. Tests find the directory by this mark, which it would
    /// lack if this tool were the first to create a directory there.
    ///
    /// # Errors
    /// The mark cannot be written.
    pub fn tag_target(&self) -> Result<()> {
        let tag = self.target("CACHEDIR.TAG");
        if tag.exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.target)
            .and_then(|()| fs::write(&tag, CACHE_TAG))
            .with_context(|| format!("cannot write {}", tag.display()))
    }

    /// Returns the directory of the built modules.
    pub fn modules(&self) -> &Path {
        &self.modules
    }

    /// Returns the path of a filter's built module.
    pub fn module(&self, filter: &str) -> PathBuf {
        self.modules.join(format!("{filter}.wasm"))
    }

    /// Returns the file that names the compiler of the modules.
    pub fn compiler_file(&self) -> PathBuf {
        self.modules.join("compiler.txt")
    }

    /// Returns the path of the cargo-cyclonedx that `cargo xtask setup release` compiles.
    pub fn cyclonedx(&self) -> PathBuf {
        self.target("parts/cyclonedx/bin/cargo-cyclonedx")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_target_directory_is_marked_as_cargos_is() {
        let mut project = Project::find().unwrap();
        let of_cargo = fs::read_to_string(project.target("CACHEDIR.TAG")).unwrap();
        assert!(of_cargo.starts_with(CACHE_TAG));
        project.target = std::env::temp_dir().join(format!("tagged-{}", std::process::id()));
        project.tag_target().unwrap();
        assert!(project.target("CACHEDIR.TAG").is_file());
        fs::remove_dir_all(&project.target).unwrap();
    }
}
