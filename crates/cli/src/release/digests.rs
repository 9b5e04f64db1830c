//! Lists the digests of images and modules.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};

use crate::filter::Filter;
use crate::oci::digest::sha256;
use crate::oci::image::Image;
use crate::project::Project;
use crate::registry::reference;

/// Builds a table in Markdown: each image's reference and digest, and its module's checksum and size.
///
/// # Errors
/// A reference is invalid, or the filters are not built.
pub fn table(project: &Project, registry: &str, filters: &[Filter]) -> Result<String> {
    let (path, version) = (project.compiler_file(), project.version());
    let compiler = fs::read_to_string(&path)
        .with_context(|| format!("{} is missing: run `just build`", path.display()))?;
    let mut table = format!(
        "# proxy-wasm-filters {version}\n\nBuilt with {}.\n\n\
         | image | image digest | sha256 of the module | bytes |\n|---|---|---|---|\n",
        compiler.trim_end()
    );
    for filter in filters {
        let reference = reference::of_image(registry, &filter.image, version)?;
        let (image, module) = (Image::compat(filter)?.digest(), sha256(&filter.wasm));
        writeln!(table, "| `{reference}` | `{image}` | `{module}` | {} |", filter.wasm.len())?;
    }
    Ok(table)
}
