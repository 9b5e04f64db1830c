//! Makes what need not be made again.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Creates a directory with `make`, unless an earlier run created it from the same `source`. First removes what an
/// interrupted run left.
///
/// # Errors
/// `make` fails, or the directory cannot be removed or marked as complete.
pub(crate) fn once(directory: &Path, source: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let marker = directory.join("complete");
    if fs::read_to_string(&marker).is_ok_and(|made_from| made_from == source) {
        return Ok(());
    }
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    make()?;
    fs::write(&marker, source).with_context(|| format!("cannot write {}", marker.display()))
}
