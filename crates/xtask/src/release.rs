//! Brings what `just release` runs: cargo-cyclonedx.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::setup::once;

/// Makes bills of materials in CycloneDX's form.
const CYCLONEDX: &str = "cargo-cyclonedx@0.5.9";

pub fn run() -> Result<()> {
    let program = parts::cyclonedx();
    let folder = program.ancestors().nth(2).context("a program lies in bin")?;
    once(folder, CYCLONEDX, || {
        println!("compiling {CYCLONEDX} into target/parts (a minute)");
        // Compiled without optimisation: it runs for a second.
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "--quiet", "--locked", "--debug", "--no-track", "--root"]).arg(folder);
        let status = cargo.arg(CYCLONEDX).status().context("cargo cannot be run")?;
        ensure!(status.success(), "cargo install {CYCLONEDX} failed");
        Ok(())
    })
}
