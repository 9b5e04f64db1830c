//! A clone of the repository: what is committed, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

/// A clone in a folder below `target`, which is gone when its value is.
pub struct Checkout(PathBuf);

impl Checkout {
    /// Makes one, in place of what was there.
    ///
    /// # Errors
    /// Something here is not committed, or git fails.
    pub fn new(below_target: &str) -> Result<Self> {
        let root = parts::root();
        let changed = output(Command::new("git").args(["status", "--porcelain"]).current_dir(&root))?;
        ensure!(changed.is_empty(), "a clone would lack what is not committed:\n{changed}");
        let folder = root.join("target").join(below_target);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        output(Command::new("git").args(["clone", "--quiet"]).args([&root, &folder]))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
