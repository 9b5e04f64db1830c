//! The files of built modules.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::target::{self, DEFAULT_MODULES, MODULES};

/// Returns the file of a built module.
///
/// # Errors
/// The module is not built.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let directory = match std::env::var_os(MODULES) {
        Some(directory) => directory.into(),
        None => target()?.join(DEFAULT_MODULES),
    };
    existing(directory.join(format!("{name}.wasm")))
}

/// Returns the file of a filter's module as the linker wrote it.
///
/// # Errors
/// The filter is not built.
pub(crate) fn linked(filter: &str) -> Result<PathBuf> {
    existing(target::linked(&target()?, filter))
}

fn target() -> Result<PathBuf> {
    target::directory()
        .with_context(|| format!("this program is not in a target directory of cargo: set {MODULES}"))
}

fn existing(file: PathBuf) -> Result<PathBuf> {
    ensure!(file.is_file(), "{} is missing: run `cargo proxy-filter build`", file.display());
    Ok(file)
}
