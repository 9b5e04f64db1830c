//! Writes the files with which the filters' tests compare: `config.schema.json` and `wrong-configurations.snap`.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

/// The tests that compare. With [`UPDATE`], they first write the files.
const TESTS: &str = "config::";

const UPDATE: &str = "UPDATE_SNAPSHOTS";

/// Writes the files of these filters, or of all filters if the list is empty.
pub fn run(filters: &[&str]) -> Result<()> {
    let known = parts::filter_names()?;
    let unknown = filters.iter().find(|filter| !known.iter().any(|name| name == *filter));
    ensure!(
        unknown.is_none(),
        "unknown filter `{}`: the filters are {}",
        unknown.unwrap_or(&""),
        known.join(", ")
    );
    let all: Vec<_> = known.iter().map(String::as_str).collect();
    let chosen = if filters.is_empty() { &all } else { filters };
    let status = Command::new("cargo")
        .args(["test", "--quiet", "--no-fail-fast", "--lib"])
        .args(chosen.iter().flat_map(|filter| ["--package", filter]))
        .arg(TESTS)
        .env(UPDATE, "1")
        .current_dir(parts::root())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "tests of the configuration fail or do not compile: see above");
    Ok(())
}
