//! Temporary directories.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::target;

/// An empty directory, removed on drop. It is in `run` in cargo's target directory, or else among the system's temporary files.
pub struct Scratch {
    path: PathBuf,
    keep: AtomicBool,
}

impl Scratch {
    /// Creates a directory.
    ///
    /// # Errors
    /// The directory cannot be created.
    pub fn new(name: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let run = match target::directory() {
            Some(target) => target.join("run"),
            None => std::env::temp_dir(),
        };
        let path = run.join(format!("proxy-filter-{name}-{}-{number}", std::process::id()));
        // Process ids repeat: a killed process may have left a directory of this name.
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&run)
            .and_then(|()| fs::create_dir(&path))
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path, keep: AtomicBool::new(false) })
    }

    /// Returns the directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the directory in place on drop.
    pub(crate) fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self) {
        _ = fs::remove_dir_all(&self.path);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.keep.load(Ordering::Relaxed) {
            self.remove();
        }
    }
}
