//! Finds Chromium, or installs it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_proxy_filter::build::debian;
use harness::parts;

/// Browsers that run without a display, the smallest first.
const PROGRAMS: [&str; 4] = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/// The Debian package of the smallest.
const PACKAGE: [&str; 1] = ["chromium-headless-shell"];

/// Returns the path of an installed Chromium. Installs it if the user is root.
///
/// # Errors
/// It is not installed and cannot be. The error has the command that installs it.
pub(crate) fn ready() -> Result<PathBuf> {
    let found = || PROGRAMS.iter().find_map(|program| parts::installed(program));
    if let Some(program) = found() {
        return Ok(program);
    }
    debian::install(&PACKAGE)?;
    found().with_context(|| format!("Chromium is missing: {}", debian::command(&PACKAGE)))
}
