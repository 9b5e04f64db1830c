//! A folder of a test's own.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process::fresh_directory;

/// An empty folder below `target/run`, which is gone when its value is.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self(fresh_directory(name)?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
