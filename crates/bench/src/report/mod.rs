//! Writes `docs/cost.md`, `docs/cost.svg` and the README's section from the results of a run.

mod page;
mod plot;
mod readme;
mod table;

use std::fs;

use anyhow::{Context, Result};
use harness::parts;

use crate::results::Results;

const PAGE: &str = "docs/cost.md";
const PLOT: &str = "docs/cost.svg";
const README: &str = "README.md";

/// Writes all files.
///
/// # Errors
/// A file cannot be read or written, or the README has no section to replace.
pub(crate) fn write(results: &Results) -> Result<()> {
    for (file, text) in files(results)? {
        fs::write(parts::root().join(file), text).with_context(|| format!("cannot write {file}"))?;
        println!("wrote {file}");
    }
    Ok(())
}

/// Returns the files' paths and texts.
fn files(results: &Results) -> Result<[(&'static str, String); 3]> {
    let old = fs::read_to_string(parts::root().join(README)).context("cannot read README.md")?;
    let readme = readme::with_section(&old, &readme::section(results)).context(README)?;
    Ok([(PAGE, page::text(results)), (PLOT, plot::svg(results)), (README, readme)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_show_the_results() {
        for (file, text) in files(&Results::read().unwrap()).unwrap() {
            let written = fs::read_to_string(parts::root().join(file)).unwrap();
            assert!(written == text, "{file} differs from docs/cost.json: run `just bench --render`");
        }
    }
}
