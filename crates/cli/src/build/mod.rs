//! `cargo proxy-filter build`: builds every filter as a module ready to ship.

pub mod debian;
pub mod link;
pub mod paths;
pub mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::oci::digest::sha256;
use crate::project::Project;
use toolchain::{TARGET, Toolchain};

/// Builds every filter into `target/filters/<name>.wasm`.
///
/// # Errors
/// No toolchain can be found, a filter does not compile, or a module cannot be written.
pub fn run(project: &Project) -> Result<()> {
    let filters = project.filter_names()?;
    let toolchain = Toolchain::ready()?;
    let compiler = toolchain.version()?;
    println!("building {} filters for {TARGET} with {compiler}", filters.len());
    let linked = filters.iter().map(|name| link(project, &toolchain, name)).collect::<Result<Vec<_>>>()?;
    fs::create_dir_all(project.modules())?;
    println!("{:<14} {:>9}  sha256", "filter", "bytes");
    for (name, linked) in filters.iter().zip(linked) {
        let module = shipped(&linked).with_context(|| linked.display().to_string())?;
        fs::write(project.module(name), &module)?;
        println!("{name:<14} {:>9}  {}", module.len(), sha256(&module));
    }
    fs::write(project.compiler_file(), compiler + "\n")?;
    println!("in {}", project.modules().display());
    Ok(())
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
    let arguments = ["--crate-type", "cdylib", "--package", name];
    link::cargo(project.root(), toolchain, link::RELEASE, "rustc", &arguments)?;
    Ok(linked(project, name))
}

/// Returns the path of a filter's module as the linker wrote it.
pub fn linked(project: &Project, name: &str) -> PathBuf {
    link::folder(project.root(), link::RELEASE).join(format!("{}.wasm", name.replace('-', "_")))
}
