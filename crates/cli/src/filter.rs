//! Built filters.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::project::{FilterPackage, Project};

/// A filter's module and the metadata of its image.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The package's name.
    pub name: String,
    /// The path of its image below a registry, such as `proxy-wasm-filters/add-header`.
    pub image: String,
    /// The package's description: one sentence. May be empty.
    pub description: String,
    /// The version.
    pub version: String,
    /// The license, as an SPDX expression. May be empty.
    pub license: String,
    /// The module.
    pub wasm: Vec<u8>,
}

impl Filter {
    /// Returns whether this is an HTTP filter rather than a TCP filter.
    pub fn is_http(&self) -> bool {
        is_http(&self.wasm)
    }
}

/// Returns whether a module is an HTTP filter: it contains the name of a phase that only HTTP filters have.
pub fn is_http(wasm: &[u8]) -> bool {
    const PHASES: [&[u8]; 2] = [b"proxy_on_request_", b"proxy_on_response_"];
    PHASES.into_iter().any(|phase| wasm.windows(phase.len()).any(|window| window == phase))
}

/// What to make images of.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// The built filters with these names, or all if there are no names.
    Filters(&'a [String]),
    /// A module that was made for one configuration.
    Module {
        /// Its file.
        file: &'a Path,
        /// The name that its image gets in place of a filter's.
        name: &'a str,
    },
}

impl Selection<'_> {
    /// Reads the modules.
    ///
    /// # Errors
    /// A filter is unknown or not built, or the file cannot be read or its name belongs to a filter.
    pub fn read(self, project: &Project) -> Result<Vec<Filter>> {
        match self {
            Self::Filters(names) => built(project, names),
            Self::Module { file, name } => Ok(vec![of_file(project, file, name)?]),
        }
    }
}

fn of_file(project: &Project, file: &Path, name: &str) -> Result<Filter> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    ensure!(
        name.split('-').all(is_word),
        "`{name}` cannot name an image: use lower-case letters and digits, with hyphens between words, such as \
         `add-header-edge`"
    );
    ensure!(
        !project.filter_names().any(|filter| filter == name),
        "`{name}` is a filter that takes any configuration: choose another name, such as `{name}-edge`"
    );
    let wasm = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    ensure!(wasm.starts_with(b"\0asm"), "{} is not a module", file.display());
    Ok(Filter {
        name: name.into(),
        image: project.image(name),
        description: "Proxy-Wasm filter that was made for one configuration".into(),
        version: project.version().into(),
        license: project.license().into(),
        wasm,
    })
}

/// Reads all built filters.
///
/// # Errors
/// The project has no filter, or a filter is not built.
pub fn all(project: &Project) -> Result<Vec<Filter>> {
    built(project, &[] as &[&str])
}

/// Reads built filters: those with these names, or all if there are no names.
///
/// # Errors
/// A filter is unknown or not built.
pub fn built(project: &Project, names: &[impl AsRef<str>]) -> Result<Vec<Filter>> {
    project.select(names)?.into_iter().map(|package| read(project, package)).collect()
}

fn read(project: &Project, package: &FilterPackage) -> Result<Filter> {
    let FilterPackage { name, version, license, description, .. } = package.clone();
    let path = project.module(&name);
    let wasm = fs::read(&path)
        .with_context(|| format!("{} is missing: run `cargo proxy-filter build`", path.display()))?;
    Ok(Filter { image: project.image(&name), name, description, version, license, wasm })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_directory_of_images() {
        let project = Project::find().unwrap();
        for name in ["", "..", "../x", "/tmp/x", "a/b", "a-", "A"] {
            let error = of_file(&project, Path::new("/dev/null"), name).unwrap_err().to_string();
            assert!(error.contains("cannot name an image"), "{name}: {error}");
        }
    }
}
