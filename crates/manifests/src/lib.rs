//! The files of `deploy/`, which people copy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::parts;
use serde_json::Value;

pub mod filled;

/// A YAML file of `deploy/`.
#[derive(Debug)]
pub struct File {
    /// From there.
    pub path: PathBuf,
    /// As it stands.
    pub text: String,
    /// As it reads.
    pub document: Value,
}

/// The folder of all of them.
pub fn folder() -> PathBuf {
    parts::root().join("deploy")
}

/// Every YAML file below a folder of `deploy/`, in order.
///
/// # Errors
/// One cannot be read.
pub fn below(of_deploy: &str) -> Result<Vec<File>> {
    let mut found = Vec::new();
    collect(&folder().join(of_deploy), &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let document =
                serde_saphyr::from_str(&text).with_context(|| format!("{} is no YAML", path.display()))?;
            found.push(File { path: path.strip_prefix(folder())?.into(), text, document });
        }
    }
    Ok(())
}
