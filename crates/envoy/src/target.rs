//! Cargo's target directory.

use std::path::{Path, PathBuf};

/// Files of which a target directory has at least one. Cargo writes the first only if it creates the directory, and not if
/// it finds one that has modules in it; it writes the second when it first compiles.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// Returns the target directory in which this program was built: the first folder above it that has cargo's marks. `None` if
/// it runs elsewhere, as documentation tests do.
pub fn directory() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let is_target = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).is_file());
    program.ancestors().skip(1).find(is_target).map(Path::to_path_buf)
}
