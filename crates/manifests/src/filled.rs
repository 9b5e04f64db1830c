//! The files with references and digests of images that were published.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use images::filters;
use images::image::Image;
use images::target;

use crate::{File, below};

/// What stands for a registry in the files.
const REGISTRY: &str = "registry.example.com/acme";

/// The folders of those that name images.
const FOLDERS: [&str; 2] = ["istio/wasmplugin", "envoy-gateway"];

/// Writes all that name images into a folder, and returns their paths.
///
/// # Errors
/// A reference is not allowed, a filter is not built, or the folder cannot be written.
pub fn write(registry: &str, tag: &str, into: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut written = Vec::new();
    for file in FOLDERS.iter().map(|folder| below(folder)).collect::<Result<Vec<_>>>()?.iter().flatten() {
        let path = into.join(&file.path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, filled(file, registry, tag)?)?;
        written.push(path);
    }
    Ok(written)
}

/// A file, with the reference and digest of its image.
fn filled(file: &File, registry: &str, tag: &str) -> Result<String> {
    let name = file.path.file_stem().unwrap_or_default().to_string_lossy();
    let filter = filters::built(Some(&name))?.pop().context("there is such a filter")?;
    let reference = target::reference(registry, &name, tag)?;
    let theirs = target::reference(REGISTRY, &name, filters::VERSION)?.to_string();
    let line = file.text.lines().find(|line| line.ends_with(&theirs));
    let line = line.with_context(|| format!("{} does not name {theirs}", file.path.display()))?;
    ensure!(file.text.matches(line).count() == 1, "{} has `{line}` twice", file.path.display());
    let indent = line.len().saturating_sub(line.trim_start().len());
    let digest = Image::compat(&filter)?.digest();
    let pin = format!("{:indent$}sha256: \"{}\"", "", digest.trim_start_matches("sha256:"));
    let ours = line.replace(&theirs, &reference.to_string());
    Ok(file.text.replace(line, &format!("{ours}\n{pin}")))
}
