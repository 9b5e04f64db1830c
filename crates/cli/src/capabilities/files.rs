//! The files that say what this project's modules may do: those of `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proxy_filter_module::Capabilities;

use super::field::{self, FIELD};
use super::page::{self, Modules};
use crate::filter;
use crate::project::Project;
use crate::say;

/// The page that lists what each module may do, in `deploy/`.
const PAGE: &str = "capabilities.md";

/// What the comment before the field says.
const COMMENT: &str =
    "# What the module imports, and its callbacks: all else is denied. `just capabilities` writes this.";

/// The line after which the field stands.
const BEFORE: &str = "failure_policy:";

/// The line that names the filter.
const NAME: &str = "root_id:";

/// A file, and what it should contain.
#[derive(Clone, Debug)]
pub struct Restricting {
    /// The path.
    pub path: PathBuf,
    /// What it contains. Empty if there is no such file.
    pub text: String,
    /// What it should contain.
    pub expected: String,
}

/// Reads the built modules of all filters.
///
/// # Errors
/// A filter is not built.
pub fn modules(project: &Project) -> Result<Modules> {
    let of = |filter: filter::Filter| Ok((filter.name.clone(), Capabilities::of(&filter.wasm)?));
    filter::all(project)?.into_iter().map(of).collect()
}

/// Returns the files that restrict modules, with what they should contain.
///
/// # Errors
/// A file cannot be read, or a module has an import whose purpose is not known.
pub fn all(project: &Project, modules: &Modules) -> Result<Vec<Restricting>> {
    let deploy = project.root().join("deploy");
    let mut paths = Vec::new();
    collect(&deploy, &mut paths)?;
    let mut files = paths.into_iter().map(|path| restricting(path, modules)).collect::<Result<Vec<_>>>()?;
    let path = deploy.join(PAGE);
    let text = fs::read_to_string(&path).unwrap_or_default();
    files.push(Restricting { path, text, expected: page::of(modules)? });
    Ok(files)
}

/// Writes what differs.
///
/// # Errors
/// As [`modules`] and [`all`], or a file cannot be written.
pub fn write(project: &Project) -> Result<()> {
    for Restricting { path, text, expected } in all(project, &modules(project)?)? {
        if text != expected {
            fs::write(&path, expected).with_context(|| format!("cannot write {}", path.display()))?;
            say!("{} is written", path.strip_prefix(project.root()).unwrap_or(&path).display());
        }
    }
    Ok(())
}

/// Finds the YAML files below a directory.
fn collect(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}

fn restricting(path: PathBuf, modules: &Modules) -> Result<Restricting> {
    let text = read(&path)?;
    let expected = restricted(&text, modules);
    Ok(Restricting { path, text, expected })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Returns a file's text in which each plugin of a known filter has the field.
fn restricted(text: &str, modules: &Modules) -> String {
    let mut result = String::new();
    let mut capabilities = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (indent, content) = line.split_at(indent_of(line));
        if content == COMMENT {
            continue;
        }
        if content.strip_suffix(':') == Some(FIELD) {
            while lines.next_if(|next| indent_of(next) > indent.len()).is_some() {}
            continue;
        }
        result.push_str(line);
        result.push('\n');
        if let Some(name) = content.strip_prefix(NAME) {
            capabilities = modules.get(name.trim());
        }
        if let Some(capabilities) = capabilities.filter(|_| content.starts_with(BEFORE)) {
            result.push_str(&format!("{indent}{COMMENT}\n{}", field::of(capabilities, indent)));
        }
    }
    result
}

/// Returns how many spaces a line begins with.
fn indent_of(line: &str) -> usize {
    line.len().saturating_sub(line.trim_start_matches(' ').len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plugin's configuration, in which `field` stands.
    fn plugin(field: &str) -> String {
        format!("config:\n  root_id: my-filter\n  failure_policy: FAIL_RELOAD\n{field}  vm_config: {{}}\n")
    }

    fn modules(hostcall: &str) -> Modules {
        let hostcalls = [hostcall.to_owned()].into();
        [("my-filter".to_owned(), Capabilities { hostcalls, ..Capabilities::default() })].into()
    }

    #[test]
    fn the_field_is_added_once_and_replaced() {
        let once = restricted(&plugin(""), &modules("proxy_log"));
        let field = format!(
            "  {COMMENT}\n  capability_restriction_config:\n    allowed_capabilities:\n      {{proxy_log: {{}}}}\n"
        );
        assert_eq!(once, plugin(&field));
        assert_eq!(restricted(&once, &modules("proxy_log")), once);
        let other = restricted(&once, &modules("proxy_get_property"));
        assert_eq!(other, plugin(&field.replace("proxy_log", "proxy_get_property")));
    }

    #[test]
    fn files_of_other_modules_stay_as_they_are() {
        let other = plugin("").replace("my-filter", "other");
        assert_eq!(restricted(&other, &modules("proxy_log")), other);
    }
}
