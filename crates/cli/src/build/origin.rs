//! Records where a built module comes from, for its provenance.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use proxy_filter_envoy::command::output;
use serde::{Deserialize, Serialize};

use crate::oci::digest::digest;
use crate::project::{FilterPackage, Project};

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The digest of the module.
    pub module: String,
    /// The address of the repository that the manifest names.
    pub repository: Option<String>,
    /// The commit of the sources, if git has all of them as they were built.
    pub commit: Option<String>,
    /// The digest of Cargo.lock.
    pub lock: Option<String>,
    /// The output of `rustc --version`.
    pub compiler: String,
}

/// The state of the sources before a build.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    commit: Option<String>,
    lock: Option<String>,
}

impl Sources {
    pub(super) fn of(project: &Project) -> Self {
        let root = project.root();
        let lock = fs::read(root.join("Cargo.lock")).ok().map(|bytes| digest(&bytes));
        Self { commit: commit(root), lock }
    }

    /// Records the origin of a filter's module next to it.
    pub(super) fn record(
        &self,
        filter: &FilterPackage,
        file: &Path,
        module: &[u8],
        compiler: &str,
    ) -> Result<()> {
        let origin = Origin {
            module: digest(module),
            repository: filter.repository.clone(),
            commit: self.commit.clone(),
            lock: self.lock.clone(),
            compiler: compiler.to_owned(),
        };
        let file = record_of(file);
        fs::write(&file, serde_json::to_vec(&origin)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Origin {
    /// Reads the record of a built module.
    ///
    /// # Errors
    /// There is no record, or it is of another module.
    pub fn read(file: &Path, module: &[u8]) -> Result<Self> {
        let record = fs::read(record_of(file)).ok();
        let origin = record.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let origin = origin.filter(|origin| origin.module == digest(module));
        origin.context("nothing records what it was built from, as `cargo proxy-filter build` does")
    }
}

fn record_of(module: &Path) -> PathBuf {
    module.with_extension("origin.json")
}

/// Returns the commit of the working tree, unless there are changes or git does not know it.
pub fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(root)).ok();
    let changes = git(&["status", "--porcelain"])?;
    changes.is_empty().then(|| git(&["rev-parse", "--verify", "HEAD"])).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::TemporaryDirectory;

    fn git(directory: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        output(Command::new("git").args(identity).args(arguments).current_dir(directory)).unwrap();
    }

    #[test]
    fn only_committed_sources_have_a_commit() {
        let name = format!("origin-{}", std::process::id());
        let directory = TemporaryDirectory::new(std::env::temp_dir().join(name)).unwrap();
        let root = directory.path();
        assert_eq!(commit(root), None);
        git(root, &["init", "--quiet"]);
        assert_eq!(commit(root), None);
        fs::write(root.join("a"), "1").unwrap();
        git(root, &["add", "a"]);
        git(root, &["commit", "--quiet", "--message=a"]);
        let first = commit(root).unwrap();
        assert_eq!(first.len(), 40);
        fs::write(root.join("b"), "not added").unwrap();
        assert_eq!(commit(root), None);
        fs::remove_file(root.join("b")).unwrap();
        fs::write(root.join("a"), "2").unwrap();
        assert_eq!(commit(root), None);
    }

    #[test]
    fn a_record_is_of_one_module() {
        let name = format!("record-{}", std::process::id());
        let directory = TemporaryDirectory::new(std::env::temp_dir().join(name)).unwrap();
        let file = directory.path().join("a-b.wasm");
        assert!(Origin::read(&file, b"module").is_err());
        let origin = Origin {
            module: digest(b"module"),
            repository: None,
            commit: None,
            lock: None,
            compiler: "rustc 1".into(),
        };
        fs::write(record_of(&file), serde_json::to_vec(&origin).unwrap()).unwrap();
        assert_eq!(Origin::read(&file, b"module").unwrap(), origin);
        assert!(Origin::read(&file, b"another").is_err());
    }
}
