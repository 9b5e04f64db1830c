//! By which digests images and modules are known.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use harness::parts;
use images::filters::{Filter, VERSION};
use images::image::{Image, sha256};
use images::target;

/// A table in Markdown: each filter's reference in a registry, its image's digest and its module's.
///
/// # Errors
/// A reference is not allowed, or the filters are not built.
pub fn table(registry: &str, filters: &[Filter]) -> Result<String> {
    let path = parts::compiler();
    let compiler = fs::read_to_string(&path)
        .with_context(|| format!("{} is missing: run `just build`", path.display()))?;
    let mut table = format!(
        "# proxy-wasm-filters {VERSION}\n\nBuilt with {}.\n\n| image | its digest | module, sha256 | bytes |\n|---|---|---|---|\n",
        compiler.trim_end()
    );
    for filter in filters {
        let reference = target::reference(registry, &filter.name, VERSION)?;
        let (image, module) = (Image::compat(filter)?.digest(), sha256(&filter.wasm));
        writeln!(table, "| `{reference}` | `{image}` | `{module}` | {} |", filter.wasm.len())?;
    }
    Ok(table)
}
