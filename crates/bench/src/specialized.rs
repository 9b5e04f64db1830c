//! Makes modules for the configurations of rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build;
use cargo_proxy_filter::project::Project;
use harness::parts;
use proxy_filter_specialize::Specializer;

use crate::rows::ours;

/// Makes the modules from what the linker wrote when `modules` were built, and returns their folder.
///
/// # Errors
/// `modules` is not a checkout's `target/filters`, or a filter there is not built or cannot be specialized.
pub(crate) fn make(modules: &Path) -> Result<PathBuf> {
    let project = modules.ancestors().nth(2).context("the modules are not in a checkout")?;
    let project = Project::at(project)?;
    ensure!(project.modules() == modules, "{} is not {}", modules.display(), project.modules().display());
    let folder = parts::root().join("target/bench");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut specializers = BTreeMap::new();
    for ours in &ours::ALL {
        let Some(id) = ours.specialized else { continue };
        let specializer = match specializers.entry(ours.filter) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(specializer(&project, ours.filter)?),
        };
        let module = specializer.specialize(ours.configuration.as_bytes()).context(id)?;
        let file = folder.join(format!("{id}.wasm"));
        fs::write(&file, module).with_context(|| file.display().to_string())?;
    }
    Ok(folder)
}

fn specializer(project: &Project, filter: &str) -> Result<Specializer> {
    let file = build::linked(project, filter);
    let linked = fs::read(&file).with_context(|| format!("{}: run `just build`", file.display()))?;
    Specializer::new(linked).with_context(|| filter.to_owned())
}
