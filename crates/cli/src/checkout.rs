//! A clone of the project: its committed files and nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use proxy_filter_envoy::command::output;

use crate::project::Project;
use crate::temporary::TemporaryDirectory;

/// A clone in a directory below `target/`, removed when its value is dropped.
#[derive(Debug)]
pub struct Checkout(TemporaryDirectory);

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
        let directory = TemporaryDirectory::new(project.target(below_target))?;
        output(Command::new("git").args(["clone", "--quiet"]).args([root, directory.path()]))?;
        Ok(Self(directory))
    }

    /// Returns the clone's root directory.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
