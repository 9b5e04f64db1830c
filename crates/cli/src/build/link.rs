//! Compiles and links modules with cargo.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::paths;
use super::toolchain::{TARGET, Toolchain};

/// As in `.cargo/config.toml`: cargo ignores the flags there when the environment has flags.
const ALLOW_UNDEFINED: &str = "-Clink-arg=--allow-undefined";

/// Keeps relocations and symbols, which tell `specialize` what refers to what. They do not ship.
const KEEP_RELOCATIONS: &str = "-Clink-arg=--emit-relocs";

/// Apart from the tools, which are built for this machine.
const TARGET_DIRECTORY: &str = "target/wasm";

/// Separates flags in cargo's variable, so that flags may contain spaces.
const SEPARATOR: &str = "\x1f";

/// Runs a cargo command in release mode for the wasm target and returns the folder of the artifacts. `arguments`
/// select what is built.
///
/// # Errors
/// cargo cannot be run, or fails.
pub fn cargo(root: &Path, toolchain: &Toolchain, command: &str, arguments: &[&str]) -> Result<PathBuf> {
    let (mut cargo, mut flags) = toolchain.cargo();
    flags.extend([ALLOW_UNDEFINED.into(), KEEP_RELOCATIONS.into()]);
    flags.extend(paths::remapped(root));
    let status = cargo
        .current_dir(root)
        .args([command, "--release", "--target", TARGET])
        .args(arguments)
        .arg("--target-dir")
        .arg(root.join(TARGET_DIRECTORY))
        // This variable overrides every other source of flags, so a module does not depend on the user's.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {command} {} failed", arguments.join(" "));
    Ok(folder(root))
}

/// Returns the folder of the artifacts.
pub fn folder(root: &Path) -> PathBuf {
    root.join(TARGET_DIRECTORY).join(TARGET).join("release")
}
