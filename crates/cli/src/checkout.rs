//! A clone of the project: its committed files and nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use proxy_filter_envoy::process::output;

use crate::project::Project;
use crate::temporary::TemporaryFolder;

/// A clone in a folder below `target/`, removed when its value is dropped.
#[derive(Debug)]
pub struct Checkout(TemporaryFolder);

impl Checkout {
    /// Clones the project.
    ///
    /// # Errors
    /// The working tree has uncommitted changes, or git fails.
    pub fn new(project: &Project, below_target: &str) -> Result<Self> {
        let root = project.root();
        let changed = output(Command::new("git").args(["status", "--porcelain"]).current_dir(root))?;
        ensure!(
            changed.is_empty(),
            "commit these changes first, because a clone would lack them:\n{changed}"
        );
        let folder = TemporaryFolder::new(project.target(below_target))?;
        output(Command::new("git").args(["clone", "--quiet"]).args([root, folder.path()]))?;
        Ok(Self(folder))
    }

    /// Returns the clone's root folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
