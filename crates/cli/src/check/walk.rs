//! The files of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Returns the JSON and YAML files in a directory and those below it, in order. Leaves out symbolic links, hidden
/// directories, and caches such as cargo's `target`.
pub(super) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(directory, &mut found)?;
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default();
        if path.is_symlink() {
            // It may lead out of the directory, or back to it.
            continue;
        }
        if path.is_dir() {
            let is_output = path.join("CACHEDIR.TAG").is_file();
            if !name.starts_with('.') && !is_output {
                collect(&path, found)?;
            }
        } else if ["json", "yaml", "yml"].iter().any(|known| extension == *known) {
            found.push(path);
        }
    }
    Ok(())
}
