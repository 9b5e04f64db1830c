//! `cargo proxy-filter schema`: writes the files with which filters' tests compare: `config.schema.json` and
//! `wrong-configurations.snap`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use proxy_filter_envoy::snapshot::UPDATE;

use crate::project::Project;
use crate::say;
use crate::test::code;

/// The files in a filter's crate.
const FILES: [&str; 2] = ["config.schema.json", "wrong-configurations.snap"];

/// Runs the unit tests of filters, those with these names or all, in a way that writes the files. Returns cargo's exit code.
///
/// # Errors
/// A filter is unknown, or cargo cannot be run.
pub fn run(project: &Project, names: &[impl AsRef<str>]) -> Result<ExitCode> {
    let filters = project.select(names)?;
    let files = filters.iter().flat_map(|filter| FILES.map(|file| filter.directory.join(file)));
    let before: Vec<(PathBuf, Option<Vec<u8>>)> =
        files.map(|file| (file.clone(), fs::read(file).ok())).collect();
    let status = Command::new("cargo")
        .args(["test", "--quiet", "--no-fail-fast", "--lib"])
        .args(filters.iter().flat_map(|filter| ["--package", &filter.name]))
        .env(UPDATE, "1")
        .current_dir(project.root())
        .status()
        .context("cannot run cargo")?;
    for (file, before) in before {
        let shown = file.strip_prefix(project.root()).unwrap_or(&file).display();
        match fs::read(&file).ok() {
            None => eprintln!("{shown} is missing: no unit test compares with it"),
            now if now == before => say!("{shown} is unchanged"),
            _ => say!("{shown} is written: review its changes"),
        }
    }
    code(status)
}
