//! The files with references and digests of images.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use images::filters;
use images::image::{Image, sha256};
use images::target;

use crate::{File, below};

/// What stands for a registry in the files.
pub const REGISTRY: &str = "registry.example.com/acme";

/// The folders of those that name images.
const FOLDERS: [&str; 2] = ["istio/wasmplugin", "envoy-gateway"];

/// All that name images.
///
/// # Errors
/// One cannot be read.
pub fn files() -> Result<Vec<File>> {
    Ok(FOLDERS.map(below).into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Writes all that name images into a folder, and returns their paths. The digests are those of the modules as they
/// are built here.
///
/// # Errors
/// A reference is not allowed, a filter is not built, or the folder cannot be written.
pub fn write(registry: &str, tag: &str, into: &Path) -> Result<Vec<PathBuf>> {
    let pins = pins(registry, tag)?;
    let mut written = Vec::new();
    for file in files()? {
        let path = into.join(&file.path);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, filled(&file, &pins)?)?;
        written.push(path);
    }
    Ok(written)
}

/// An image, as the files name it and as it is published.
struct Pin {
    theirs: String,
    ours: String,
    sha256: String,
}

fn pins(registry: &str, tag: &str) -> Result<Vec<Pin>> {
    let of_filter = |filter: &filters::Filter| {
        Ok(Pin {
            theirs: target::reference(REGISTRY, &filter.name, filters::VERSION)?.to_string(),
            ours: target::reference(registry, &filter.name, tag)?.to_string(),
            sha256: sha256(&Image::compat(filter)?.manifest),
        })
    };
    filters::built(None)?.iter().map(of_filter).collect()
}

fn filled(file: &File, pins: &[Pin]) -> Result<String> {
    let pinned = |line: &str| {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let named = |Pin { theirs, ours, sha256 }: &Pin| {
            let before = line.strip_suffix(theirs)?;
            Some(format!("{before}{ours}\n{:indent$}sha256: \"{sha256}\"\n", ""))
        };
        pins.iter().find_map(named).unwrap_or_else(|| format!("{line}\n"))
    };
    let text: String = file.text.lines().map(pinned).collect();
    let (named, pinned) = (file.text.matches(REGISTRY).count(), text.matches("\n").count());
    ensure!(
        named > 0 && pinned == file.text.lines().count().saturating_add(named),
        "deploy/{} does not name its images as {REGISTRY}/proxy-wasm-filters/<filter>:{}: `just version` sets it",
        file.path.display(),
        filters::VERSION
    );
    Ok(text)
}
