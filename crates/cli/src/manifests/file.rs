//! A YAML file of `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// A file, as text and as a value.
#[derive(Clone, Debug)]
pub struct ManifestFile {
    /// The path from the directory `deploy/`.
    pub path: PathBuf,
    /// The text.
    pub text: String,
    /// The YAML document.
    pub document: Value,
}

/// Reads every YAML file below a directory of `deploy`, sorted by path. A directory that does not exist has none.
///
/// # Errors
/// A file cannot be read, or is not YAML.
pub fn below(deploy: &Path, directory: &str) -> Result<Vec<ManifestFile>> {
    let mut found = Vec::new();
    if deploy.join(directory).is_dir() {
        collect(deploy, &deploy.join(directory), &mut found)?;
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn collect(deploy: &Path, directory: &Path, found: &mut Vec<ManifestFile>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(deploy, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let document =
                serde_saphyr::from_str(&text).with_context(|| format!("{} is not YAML", path.display()))?;
            found.push(ManifestFile { path: path.strip_prefix(deploy)?.into(), text, document });
        }
    }
    Ok(())
}
