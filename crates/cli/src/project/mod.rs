//! The project that the tool works on: a Cargo workspace, or a crate of its own, with filters.

mod directories;
mod layout;
mod metadata;
mod select;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proxy_filter_envoy::target::{DEFAULT_MODULES, MODULES};

pub use layout::Layout;
use metadata::Metadata;

use crate::variables;

/// A project and its filters.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    target: PathBuf,
    modules: PathBuf,
    layout: Layout,
    filters: Vec<FilterPackage>,
    others: Vec<Other>,
    has_tables: bool,
}

/// A package that is a filter.
#[derive(Clone, Debug)]
pub struct FilterPackage {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The license, as an SPDX expression. Empty if the manifest has none.
    pub license: String,
    /// The description: one sentence. Empty if the manifest has none.
    pub description: String,
    /// The address of the repository of its sources.
    pub repository: Option<String>,
    /// The directory of the manifest.
    pub directory: PathBuf,
    /// The version of Envoy that the manifest asks for.
    pub envoy: Option<String>,
}

/// A package that is not a filter.
#[derive(Clone, Debug)]
struct Other {
    name: String,
    has_layer: bool,
    directory: PathBuf,
}

impl Project {
    /// Finds the project that the current directory is in.
    ///
    /// # Errors
    /// Neither this directory nor one above it has a Cargo.toml, or cargo cannot read it.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("cannot read the current directory")?;
        Self::of(&here)?.with_context(|| {
            format!(
                "there is no Cargo.toml in {} or above it: `cargo proxy-filter new my-filter` creates a filter",
                here.display()
            )
        })
    }

    /// The project that a directory is in, or `None` if neither the directory nor one above it has a Cargo.toml.
    ///
    /// # Errors
    /// Cargo cannot read the manifests.
    pub fn of(directory: &Path) -> Result<Option<Self>> {
        let is_in_project = directory.ancestors().any(|above| above.join("Cargo.toml").is_file());
        is_in_project.then(|| Self::at(directory)).transpose()
    }

    /// The project that this directory belongs to.
    ///
    /// # Errors
    /// The directory is in no project, cargo cannot read the manifests, or a table `proxy-filter` has an unknown field.
    pub fn at(directory: &Path) -> Result<Self> {
        let Metadata { root, target, layout, members } = metadata::read(directory)?;
        let has_tables = members.iter().any(|member| member.table.is_some());
        let is_filter = |member: &metadata::Member| match has_tables {
            true => member.table.is_some(),
            false => member.has_layer,
        };
        let (filters, others): (Vec<_>, Vec<_>) = members.into_iter().partition(is_filter);
        let mut filters: Vec<_> = filters.into_iter().map(FilterPackage::from).collect();
        filters.sort_by(|one, other| one.name.cmp(&other.name));
        let others = others.into_iter().map(|member| Other {
            has_layer: member.has_layer,
            directory: member.package.directory(),
            name: member.package.name,
        });
        let modules = variables::path(&root, MODULES).unwrap_or_else(|| target.join(DEFAULT_MODULES));
        Ok(Self { root, target, modules, layout, filters, others: others.collect(), has_tables })
    }

    /// Returns the root directory of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where the project keeps its filters' files.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns whether tables `[package.metadata.proxy-filter]` mark the filters.
    pub fn has_tables(&self) -> bool {
        self.has_tables
    }

    /// Returns the filters, sorted by name.
    pub fn filters(&self) -> &[FilterPackage] {
        &self.filters
    }

    /// Returns the names of the filters, sorted.
    pub fn filter_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.filters.iter().map(|filter| filter.name.as_str())
    }

    /// Returns the directory of a package that is not a filter, if there is one with this name.
    pub fn directory_of_other(&self, name: &str) -> Option<&Path> {
        self.others.iter().find(|other| other.name == name).map(|other| other.directory.as_path())
    }

    /// Returns the version of the first filter. Projects that release their filters together give all the same.
    pub fn version(&self) -> &str {
        self.filters.first().map_or("", |filter| &filter.version)
    }

    /// Returns the license of the first filter, as an SPDX expression.
    pub fn license(&self) -> &str {
        self.filters.first().map_or("", |filter| &filter.license)
    }

    /// Returns the path of an image below a registry, such as `proxy-wasm-filters/add-header`.
    pub fn image(&self, name: &str) -> String {
        match &self.layout.images {
            Some(folder) => format!("{folder}/{name}"),
            None => name.to_owned(),
        }
    }
}

impl From<metadata::Member> for FilterPackage {
    fn from(member: metadata::Member) -> Self {
        let directory = member.package.directory();
        let metadata::Package { name, version, license, description, repository, .. } = member.package;
        Self {
            name,
            version,
            license: license.unwrap_or_default(),
            description: description.unwrap_or_default(),
            repository,
            directory,
            envoy: member.table.unwrap_or_default().envoy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository() {
        let project = Project::find().unwrap();
        let names: Vec<_> = project.filter_names().collect();
        let all = [
            "add-header",
            "add-header-edit",
            "path-rewrite",
            "path-rewrite-reverse",
            "rate-limit",
            "rate-limit-body",
            "rate-limit-tcp",
            "tcp-prepend",
        ];
        assert_eq!(names, all);
        assert_eq!(project.image("add-header"), "proxy-wasm-filters/add-header");
        assert_eq!(
            project.deploy_directories().into_iter().collect::<Vec<_>>(),
            [project.root().join("deploy")]
        );
        assert!(project.modules().ends_with("target/filters"), "{:?}", project.modules());
    }
}
