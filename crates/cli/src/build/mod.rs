//! `cargo proxy-filter build`: builds filters as modules ready to ship.

pub mod debian;
pub mod link;
pub mod origin;
pub mod paths;
pub mod profile;
pub mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proxy_filter_envoy::target::{self, WASM_TARGET};
use serde::Serialize;

use crate::oci::digest::sha256;
use crate::oci::layer::Layer;
use crate::project::{FilterPackage, Project};
use crate::say;
use origin::Sources;
use toolchain::Toolchain;

/// How to report the modules on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// As a table.
    Table,
    /// As a JSON object for each module, on a line of its own.
    Json,
    /// Not at all.
    Quiet,
}

/// A built module.
#[derive(Debug, Serialize)]
struct Built<'a> {
    name: &'a str,
    version: &'a str,
    file: PathBuf,
    bytes: usize,
    /// The size of the image's layer.
    compressed_bytes: usize,
    sha256: String,
}

/// Builds filters into the directory of modules: those with these names, or all if there are no names.
///
/// # Errors
/// A name is not a filter's, no toolchain can be found, a filter does not compile, or a module cannot be written.
pub fn run(project: &Project, names: &[impl AsRef<str>], report: Report) -> Result<()> {
    let filters = project.select(names)?;
    let toolchain = Toolchain::ready()?;
    let compiler = toolchain.version()?;
    let sources = Sources::of(project);
    let known = filters.iter().map(|filter| filter.name.as_str()).collect::<Vec<_>>().join(", ");
    eprintln!("building {known} for {WASM_TARGET} with {compiler}");
    let linked = filters.iter().map(|filter| link(project, &toolchain, &filter.name));
    let linked = linked.collect::<Result<Vec<_>>>()?;
    let directory = project.modules();
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let width = filters.iter().map(|filter| filter.name.len()).max().unwrap_or_default();
    if report == Report::Table {
        say!("{:<width$} {:>9} {:>9}  sha256", "filter", "bytes", "gzip'd");
    }
    for (filter, linked) in filters.iter().zip(linked) {
        let built = ship(project, filter, &linked, (&sources, &compiler))
            .with_context(|| linked.display().to_string())?;
        match report {
            Report::Table => say!(
                "{:<width$} {:>9} {:>9}  {}",
                built.name,
                built.bytes,
                built.compressed_bytes,
                built.sha256
            ),
            Report::Json => say!("{}", serde_json::to_string(&built)?),
            Report::Quiet => {}
        }
    }
    fs::write(project.compiler_file(), compiler + "\n")?;
    if report == Report::Table {
        say!("in {}", directory.display());
    }
    Ok(())
}

/// Writes a linked module in the form that ships, and what it was built from.
fn ship<'a>(
    project: &Project,
    filter: &'a FilterPackage,
    linked: &Path,
    (sources, compiler): (&Sources, &str),
) -> Result<Built<'a>> {
    let (module, file) = (shipped(linked)?, project.module(&filter.name));
    // In one step: a test or an Envoy may read it at the same time.
    let part = file.with_extension(std::process::id().to_string());
    fs::write(&part, &module)
        .and_then(|()| fs::rename(&part, &file))
        .with_context(|| format!("cannot write {}", file.display()))?;
    sources.record(filter, &file, &module, compiler)?;
    Ok(Built {
        name: &filter.name,
        version: &filter.version,
        file,
        bytes: module.len(),
        compressed_bytes: Layer::of(&module)?.bytes.len(),
        sha256: sha256(&module),
    })
}

/// Prepares a linked module for shipping, and checks it.
fn shipped(linked: &Path) -> Result<Vec<u8>> {
    let module = proxy_filter_module::shipped(&fs::read(linked)?)?;
    paths::check(&module)?;
    Ok(module)
}

/// Compiles and links one filter. The crate type is given here because a manifest that names both
/// `cdylib` and `rlib` switches link-time optimization off.
fn link(project: &Project, toolchain: &Toolchain, name: &str) -> Result<PathBuf> {
    let arguments = ["--lib", "--crate-type", "cdylib", "--package", name];
    link::cargo(project, toolchain, link::RELEASE, "rustc", &arguments)?;
    Ok(linked(project, name))
}

/// Returns the path of a filter's module as the linker wrote it.
pub fn linked(project: &Project, name: &str) -> PathBuf {
    target::linked(&project.target(""), name)
}
