//! Compiles cargo-cyclonedx, which `just release` runs.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::project::Project;
use harness::parts;

use crate::once::once;

/// The tool that writes bills of materials in CycloneDX's format.
const CYCLONEDX: &str = "cargo-cyclonedx@0.5.9";

pub fn run() -> Result<()> {
    let program = Project::at(&parts::root())?.cyclonedx();
    let folder = program.ancestors().nth(2).context("the program is not in bin/")?;
    once(folder, CYCLONEDX, || {
        println!("compiling {CYCLONEDX} into target/parts (about a minute)");
        // Without optimization, because it runs for only a second.
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "--quiet", "--locked", "--debug", "--no-track", "--root"]).arg(folder);
        let status = cargo.arg(CYCLONEDX).status().context("cannot run cargo")?;
        ensure!(status.success(), "cargo install {CYCLONEDX} failed");
        Ok(())
    })
}
