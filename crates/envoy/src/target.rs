//! Cargo's target directory.

use std::path::{Path, PathBuf};

/// Returns the target directory in which this program was built: the first folder above it that cargo has marked as a
/// cache. `None` if it runs elsewhere, as documentation tests do.
pub fn directory() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let is_target = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    program.ancestors().skip(1).find(is_target).map(Path::to_path_buf)
}
