//! `cargo proxy-filter manifests`: the files of `deploy/` with references and digests of images.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::file::{ManifestFile, below};
use crate::filter::{self, Filter};
use crate::oci::digest::sha256;
use crate::oci::image::Image;
use crate::project::Project;
use crate::registry::reference;
use crate::say;
use crate::temporary;

/// The placeholder registry of the files.
pub const PLACEHOLDER: &str = "registry.example.com/acme";

/// The directories of the files that name images.
const DIRECTORIES: [&str; 3] = ["istio/trafficextension", "istio/wasmplugin", "envoy-gateway"];

/// A file that pins its images.
#[derive(Clone, Debug)]
pub struct PinnedFile {
    /// The path from `deploy/`.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

/// An image as the files name it, and as it is published.
struct Pin {
    placeholder: String,
    reference: String,
    sha256: String,
}

/// Writes the pinned files into `target/manifests`, replacing its contents.
///
/// # Errors
/// Those of [`files`], or the directory cannot be written.
pub fn run(project: &Project, registry: &str, tag: &str) -> Result<()> {
    reference::tags(tag)?;
    let (files, into) = (files(project, registry, tag)?, project.target("manifests"));
    temporary::remove(&into)?;
    write(&files, &into)?.iter().for_each(|path| say!("{}", path.display()));
    say!(
        "the digests are those of the modules that were built here: `cargo proxy-filter publish {registry} {tag}` pushes them"
    );
    Ok(())
}

/// Writes files into a directory, and returns their paths.
///
/// # Errors
/// The directory cannot be written.
pub fn write(files: &[PinnedFile], into: &Path) -> Result<Vec<PathBuf>> {
    let written = |file: &PinnedFile| {
        let path = into.join(&file.path);
        let directory = path.parent().with_context(|| format!("{} has no directory", path.display()))?;
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&path, &file.text))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    };
    files.iter().map(written).collect()
}

/// Reads the files for deployment that refer to images.
///
/// # Errors
/// A file cannot be read, or there is none.
pub fn sources(project: &Project) -> Result<Vec<ManifestFile>> {
    let directories = project.deploy_directories();
    let mut sources = Vec::new();
    for (deploy, directory) in
        directories.iter().flat_map(|deploy| DIRECTORIES.map(|directory| (deploy, directory)))
    {
        sources.extend(below(deploy, directory)?);
    }
    let directories: Vec<_> = directories.iter().map(|directory| directory.display().to_string()).collect();
    ensure!(
        !sources.is_empty(),
        "no file in {} of {} refers to an image",
        DIRECTORIES.join(", "),
        directories.join(", ")
    );
    Ok(sources)
}

/// Pins these files to the references in a registry, and to the digests of the modules that are built here.
///
/// # Errors
/// A reference is invalid, a filter is not built, or a file does not refer to its images as expected.
pub fn files(project: &Project, registry: &str, tag: &str) -> Result<Vec<PinnedFile>> {
    let filters = filter::all(project)?;
    let pins = filters.iter().map(|filter| pin(filter, registry, tag)).collect::<Result<Vec<_>>>()?;
    let pinned = |file: &ManifestFile| Ok(PinnedFile { path: file.path.clone(), text: pinned(file, &pins)? });
    sources(project)?.iter().map(pinned).collect()
}

fn pin(filter: &Filter, registry: &str, tag: &str) -> Result<Pin> {
    Ok(Pin {
        placeholder: reference::of_image(PLACEHOLDER, &filter.image, &filter.version)?.to_string(),
        reference: reference::of_image(registry, &filter.image, tag)?.to_string(),
        sha256: sha256(&Image::compat(filter)?.manifest),
    })
}

fn pinned(file: &ManifestFile, pins: &[Pin]) -> Result<String> {
    let pinned = |line: &str| {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let named = |Pin { placeholder, reference, sha256 }: &Pin| {
            let before = line.strip_suffix(placeholder)?;
            Some(format!("{before}{reference}\n{:indent$}sha256: \"{sha256}\"\n", ""))
        };
        pins.iter().find_map(named).unwrap_or_else(|| format!("{line}\n"))
    };
    let text: String = file.text.lines().map(pinned).collect();
    let (named, lines) = (file.text.matches(PLACEHOLDER).count(), text.matches('\n').count());
    ensure!(
        named > 0 && lines == file.text.lines().count().saturating_add(named),
        "deploy/{} must name each image with the current version of its filter: {}",
        file.path.display(),
        pins.iter().map(|pin| pin.placeholder.as_str()).collect::<Vec<_>>().join(", ")
    );
    Ok(text)
}
