//! Compiles and links modules with cargo.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::paths;
use crate::toolchain::{TARGET, Toolchain};

/// As in `.cargo/config.toml`, whose flags do not count where flags come from the environment.
const ALLOW_UNDEFINED: &str = "-Clink-arg=--allow-undefined";

/// Between two flags in cargo's variable; flags may contain spaces.
const SEPARATOR: &str = "\x1f";

/// Runs a cargo command for what `arguments` choose, optimized and for the target, and returns the folder
/// of what it made.
pub fn cargo(toolchain: &Toolchain, command: &str, arguments: &[&str]) -> Result<PathBuf> {
    let target_directory = parts::root().join("target/wasm");
    let (mut cargo, mut flags) = toolchain.cargo();
    flags.push(ALLOW_UNDEFINED.into());
    flags.extend(paths::remapped());
    let status = cargo
        .current_dir(parts::root())
        .args([command, "--release", "--target", TARGET])
        .args(arguments)
        .arg("--target-dir")
        .arg(&target_directory)
        // Of all places that flags come from this one wins, so what ships does not depend on the user's.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "cargo {command} {} failed", arguments.join(" "));
    Ok(target_directory.join(TARGET).join("release"))
}
