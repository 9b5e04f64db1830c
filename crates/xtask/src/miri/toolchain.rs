//! Miri's toolchain.

use std::process::Command;

use anyhow::{Context, Result};
use harness::command::output;

use crate::setup::warn_if_missing;

/// The nightly whose Miri runs. A newer one needs a run of `just miri`: it may find more, or name options anew.
const NIGHTLY: &str = "nightly-2026-05-20";

/// Returns the toolchain's name, and installs it if it is missing. If that fails, prints why and returns `None`.
///
/// # Errors
/// In CI, it cannot be installed.
pub(super) fn ready() -> Result<Option<&'static str>> {
    let installed = match output(Command::new("rustup").args(["run", NIGHTLY, "cargo", "miri", "--version"]))
    {
        Ok(_) => Ok(()),
        Err(_) => install(),
    };
    let name = installed.is_ok().then_some(NIGHTLY);
    warn_if_missing("Miri", installed)?;
    Ok(name)
}

fn install() -> Result<()> {
    output(Command::new("rustup").arg("--version"))
        .context("install rustup (https://rustup.rs): Miri needs a nightly Rust")?;
    println!("installing {NIGHTLY} with Miri by rustup");
    let components = ["--profile", "minimal", "--component", "miri", "--component", "rust-src"];
    let mut rustup = Command::new("rustup");
    rustup.args(["toolchain", "install", NIGHTLY]).args(components);
    output(&mut rustup).map(drop).with_context(|| format!("rustup cannot install {NIGHTLY}"))
}
