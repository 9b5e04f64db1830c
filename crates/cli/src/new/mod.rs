//! `cargo proxy-filter new`: creates a filter from a template, with its crate and its files for deployment.

mod manifest;
mod name;
mod place;
mod template;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, iter};

use anyhow::{Context, Result, bail, ensure};

use crate::project::Project;
use crate::say;
use manifest::Parts;
use place::Place;
pub use template::Kind;
use template::Values;

/// The directory of Envoy's dynamic configuration, in that of the files for deployment.
const DYNAMIC: &str = "envoy/dynamic";

/// Creates a filter in the project's directory of filters, or else in `here`.
///
/// # Errors
/// The name is invalid or taken, `cargo new` fails, or a file cannot be written.
pub fn run(here: &Path, name: &str, kind: Kind) -> Result<()> {
    name::check(name)?;
    let surrounding = Project::of(here)?;
    let place = Place::of(here, surrounding.as_ref(), name);
    let deployed = deploy_files(&place, kind, name);
    let files = deployed.iter().map(|(_, file)| file);
    if let Some(taken) = iter::once(&place.crate_directory).chain(files).find(|file| file.exists()) {
        bail!("{} exists: choose another name", shown(here, taken));
    }
    let cargo_manifest = cargo_new(&place.crate_directory)?;
    // Cargo has added the crate to the workspace, if there is one that wants it.
    let project = Project::at(&place.crate_directory)?;
    let is_alone = project.root() == place.crate_directory;
    let root = fs::read_to_string(project.root().join("Cargo.toml"))?.parse()?;
    let parts = Parts {
        is_alone,
        has_table: surrounding.is_some_and(|project| project.has_tables()),
        hack: project
            .directory_of_other(manifest::HACK)
            .map(|directory| template::relative(&place.crate_directory, directory)),
    };
    let manifest = manifest::text(&cargo_manifest, kind, &root, &parts)?;
    let version = manifest::version(&cargo_manifest, &root)?;
    let values = Values::of(&project, kind, name, &place, &version);
    let mut files = vec![(manifest, place.crate_directory.join("Cargo.toml"))];
    let of_crate = kind.crate_files().into_iter().chain(template::ALONE.into_iter().filter(|_| is_alone));
    files.extend(of_crate.map(|(text, file)| (values.insert(text), place.crate_directory.join(file))));
    files.extend(deployed.into_iter().map(|(text, file)| (values.insert(text), file)));
    for (text, file) in files {
        write(&file, &text)?;
        say!("{}", shown(here, &file));
    }
    // A longer name may need other line breaks. Without rustfmt the files stay as they are.
    _ = Command::new("cargo").args(["fmt", "--package", name]).current_dir(&place.crate_directory).status();
    if !is_alone && let Some(settings) = manifest::hashing_missing(&root) {
        let manifest = project.root().join("Cargo.toml");
        say!("note: requests cost less if {} has\n\n{settings}", shown(here, &manifest));
    }
    next(here, &place, kind, name, is_alone);
    Ok(())
}

/// Returns the templates and paths of the files for deployment. A listener for Envoy's dynamic configuration is of use only
/// beside the rest of it.
fn deploy_files(place: &Place, kind: Kind, name: &str) -> Vec<(&'static str, PathBuf)> {
    let is_dynamic = place.deploy.join(DYNAMIC).is_dir();
    let files = kind.deploy_files(name).into_iter();
    let files = files.filter(|(_, file)| is_dynamic || !file.starts_with(DYNAMIC));
    files.map(|(text, file)| (text, place.deploy.join(file))).collect()
}

/// Runs `cargo new`, which knows workspaces, editions and git, and returns its manifest.
fn cargo_new(crate_directory: &Path) -> Result<String> {
    let mut cargo = Command::new("cargo");
    let status =
        cargo.args(["new", "--lib", "--quiet"]).arg(crate_directory).status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo new --lib {} failed", crate_directory.display());
    let manifest = crate_directory.join("Cargo.toml");
    fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().with_context(|| format!("{} has no directory", path.display()))?;
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn next(here: &Path, place: &Place, kind: Kind, name: &str, is_alone: bool) {
    say!("\nnext:");
    if is_alone {
        say!("  cd {}", shown(here, &place.crate_directory));
    }
    let package = if is_alone { String::new() } else { format!(" --package {name}") };
    say!("  cargo proxy-filter test{package}");
    let filter = if is_alone { String::new() } else { format!(" {name}") };
    say!("  cargo proxy-filter try{filter} '{}' {}", kind.configuration(), kind.try_arguments());
    say!("then adapt every file above");
}

/// Returns a path as one would write it in a directory.
fn shown(here: &Path, path: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
