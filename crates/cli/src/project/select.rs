//! Chooses filters by name.

use anyhow::{Context, Result, bail, ensure};

use super::{FilterPackage, Project};

impl Project {
    /// Returns the filters with these names, or all filters if there are no names.
    ///
    /// # Errors
    /// The project has no filter, or none with one of the names.
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Vec<&FilterPackage>> {
        ensure!(
            !self.filters.is_empty(),
            "{} has no filter: a filter is a package that depends on proxy-filter, and `cargo proxy-filter new \
             my-filter` creates one",
            self.root.display()
        );
        match names.is_empty() {
            true => Ok(self.filters.iter().collect()),
            false => names.iter().map(|name| self.filter(name.as_ref())).collect(),
        }
    }

    /// Returns the filter with this name.
    ///
    /// # Errors
    /// No package has this name, or the package is not a filter.
    pub fn filter(&self, name: &str) -> Result<&FilterPackage> {
        if let Some(filter) = self.filters.iter().find(|filter| filter.name == name) {
            return Ok(filter);
        }
        let known = self.filter_names().collect::<Vec<_>>().join(", ");
        let other = self.others.iter().find(|other| other.name == name);
        let other = other.with_context(|| format!("unknown filter `{name}`: the filters are {known}"))?;
        let lack = match other.has_layer {
            true => "table [package.metadata.proxy-filter], which other packages have",
            false => "dependency on proxy-filter",
        };
        bail!("`{name}` is not a filter: its Cargo.toml has no {lack}. The filters are {known}")
    }

    /// Returns the filter with this name or, without a name, the only one.
    ///
    /// # Errors
    /// The filter is unknown, or there are several or none.
    pub fn only(&self, name: Option<&str>) -> Result<&FilterPackage> {
        match self.select(name.as_slice())?.as_slice() {
            [filter] => Ok(filter),
            _ => bail!(
                "the workspace has several filters: choose one with `-p`: {}",
                self.filter_names().collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_filter_is_named_with_the_reason() {
        let project = Project::find().unwrap();
        for (name, expected) in [
            (
                "add-headers",
                "unknown filter `add-headers`: the filters are add-header, add-header-edit, path-rewrite",
            ),
            (
                "proxy-model",
                "`proxy-model` is not a filter: its Cargo.toml has no table [package.metadata.proxy-filter]",
            ),
            ("xtask", "`xtask` is not a filter: its Cargo.toml has no dependency on proxy-filter"),
        ] {
            let error = project.filter(name).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
