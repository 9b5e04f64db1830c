//! Lints the code that is compiled only for wasm.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::toolchain::Toolchain;
use harness::parts;
use harness::target::WASM_TARGET;

pub fn run() -> Result<()> {
    if let Toolchain::Debian = Toolchain::ready()? {
        ensure!(!parts::in_ci(), "Debian's Rust has no clippy for {WASM_TARGET}: use rustup in CI");
        println!("skipping lints for {WASM_TARGET}: Debian's Rust has no clippy for it");
        return Ok(());
    }
    let filters = parts::filter_names()?;
    let packages = filters.iter().map(String::as_str).chain(["proxy-filter", "probe"]);
    clippy(&packages.flat_map(|name| ["--package", name]).chain(["--lib"]).collect::<Vec<_>>())?;
    clippy(&["--package", "plain-filters", "--examples"])?;
    // Not together with the filters: the model, which the bridge contains, is the host also on wasm.
    clippy(&["--package", "playground", "--lib"])
}

fn clippy(chosen: &[&str]) -> Result<()> {
    let status = Command::new("cargo")
        .args(["clippy", "--quiet", "--target", WASM_TARGET])
        .args(chosen)
        .args(["--", "--deny", "warnings"])
        .current_dir(parts::root())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo clippy for {WASM_TARGET} failed");
    Ok(())
}
