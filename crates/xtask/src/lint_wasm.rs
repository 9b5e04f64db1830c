//! Lints what is compiled for wasm, where code can be that no other target has.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::toolchain::{TARGET, Toolchain};
use harness::parts;

pub fn run() -> Result<()> {
    if let Toolchain::Debian = Toolchain::ready()? {
        println!("not linted for {TARGET}: Debian's Rust builds for it, but has no clippy that does");
        return Ok(());
    }
    let status = Command::new("cargo")
        .args(["clippy", "--quiet", "--target", TARGET, "--package", "proxy-filter", "--package", "probe"])
        .args(parts::filter_names()?.iter().flat_map(|name| ["--package", name]))
        .args(["--lib", "--", "--deny", "warnings"])
        .current_dir(parts::root())
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "cargo clippy for {TARGET} failed");
    Ok(())
}
