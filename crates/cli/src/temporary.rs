//! Directories that are removed: temporary ones, and those of an earlier run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Removes a directory with all that is in it, if it exists.
///
/// # Errors
/// The directory cannot be removed.
pub fn remove(directory: &Path) -> Result<()> {
    match directory.exists() {
        true => {
            fs::remove_dir_all(directory).with_context(|| format!("cannot remove {}", directory.display()))
        }
        false => Ok(()),
    }
}

/// A directory that is removed when its value is dropped.
#[derive(Debug)]
pub struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// Creates an empty directory, replacing one that an earlier run left behind.
    ///
    /// # Errors
    /// The directory cannot be removed or created.
    pub fn new(path: PathBuf) -> Result<Self> {
        remove(&path)?;
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    /// Returns the directory's path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
