//! Envoy's command line and files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::bootstrap::Bootstrap;

/// Returns the command of an Envoy with this configuration.
pub(super) fn command(program: &Path, configuration: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--config-path").arg(configuration).arg("--disable-hot-restart");
    command
}

/// Returns the command of an Envoy that writes its admin interface's address to `directory`.
pub(super) fn with_arguments(
    program: &Path,
    configuration: &Path,
    bootstrap: &Bootstrap,
    directory: &Path,
) -> Command {
    let mut command = command(program, configuration);
    command
        .args(bootstrap.arguments())
        // Old listeners stop a second after a reload.
        .args(["--drain-time-s", "1", "--admin-address-path"])
        .arg(directory.join("admin"));
    command
}

/// Writes the whole configuration to a file in a directory.
pub(super) fn write_static(directory: &Path, bootstrap: &Bootstrap) -> Result<PathBuf> {
    write(directory, "envoy.json", &bootstrap.to_json().to_string())
}

/// Writes a configuration to a file in a directory.
pub(super) fn write(directory: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = directory.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
