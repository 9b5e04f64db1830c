//! `cargo proxy-filter specialize`: makes a module for one configuration.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proxy_filter_specialize::Specializer;

use crate::build::{self, paths};
use crate::oci::digest::sha256;
use crate::project::Project;
use crate::say;

/// Writes a module of a filter that accepts the configuration in this file, or none. The filter may be left out if it is the only
/// one.
///
/// # Errors
/// The filter is unknown, not built or cannot be specialized, or it refuses the configuration.
pub fn run(project: &Project, filter: Option<&str>, configuration: &Path, output: &Path) -> Result<()> {
    let filter = project.only(filter)?.name.as_str();
    let (module, linked) = (project.module(filter), build::linked(project, filter));
    let read = |path: &Path| {
        fs::read(path)
            .with_context(|| format!("{} is missing: run `cargo proxy-filter build`", path.display()))
    };
    let (ordinary, linked) = (read(&module)?.len(), read(&linked)?);
    let file = configuration.display();
    let configuration = fs::read(configuration).with_context(|| format!("cannot read {file}"))?;
    let specializer = Specializer::new(linked).with_context(|| filter.to_owned())?;
    let module = specializer.specialize(&configuration).with_context(|| file.to_string())?;
    paths::check(&module)?;
    fs::write(output, &module).with_context(|| format!("cannot write {}", output.display()))?;
    say!("made {} from {filter} for {file}", output.display());
    say!("{} bytes ({filter}.wasm has {ordinary}), sha256 {}", module.len(), sha256(&module));
    Ok(())
}
