//! The files of built modules.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::target;

/// Names the directory of the built modules.
const VARIABLE: &str = "PROXY_FILTER_MODULES";

/// The linker's files, in the target directory.
const LINKED: &str = "wasm/wasm32-wasip1/release";

/// Returns the file of a built module.
///
/// # Errors
/// The module is not built.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let directory = match std::env::var_os(VARIABLE) {
        Some(directory) => directory.into(),
        None => target()?.join("proxy-filter"),
    };
    existing(directory.join(format!("{name}.wasm")))
}

/// Returns the file of a filter's module as the linker wrote it.
///
/// # Errors
/// The filter is not built.
pub(crate) fn linked(filter: &str) -> Result<PathBuf> {
    existing(target()?.join(LINKED).join(format!("{}.wasm", filter.replace('-', "_"))))
}

fn target() -> Result<PathBuf> {
    target::directory()
        .with_context(|| format!("this program is not in a target directory of cargo: set {VARIABLE}"))
}

fn existing(file: PathBuf) -> Result<PathBuf> {
    ensure!(file.is_file(), "{} is missing: run `cargo proxy-filter build`", file.display());
    Ok(file)
}
