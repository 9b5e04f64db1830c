//! Compiles the targets with the counters that libFuzzer reads.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::debian;
use harness::command::output;
use harness::parts;

/// LLVM's coverage counters, as libFuzzer reads them. No sanitizers: they need a nightly toolchain, and what they find,
/// safe code cannot do.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
];

/// libFuzzer is C++.
const COMPILER: [&str; 1] = ["g++"];

/// Returns the directory of the targets' crate.
pub(super) fn directory() -> PathBuf {
    parts::root().join("crates/fuzz")
}

/// Returns the path of a compiled target.
///
/// # Errors
/// rustc does not say what it compiles for.
pub(super) fn program(target: &str) -> Result<PathBuf> {
    Ok(parts::root().join("target/fuzz").join(host()?).join("release").join(target))
}

/// Compiles all targets. Returns `false` if there is no C++ compiler and the user cannot install one.
///
/// # Errors
/// cargo fails, or there is no C++ compiler in CI.
pub(super) fn all() -> Result<bool> {
    let is_there = || parts::installed("c++").or_else(|| parts::installed("g++")).is_some();
    if !is_there() && !debian::install(&COMPILER)? {
        let help = debian::command(&COMPILER);
        ensure!(!parts::in_ci(), "there is no C++ compiler, and nothing may be skipped in CI: {help}");
        println!("skipping fuzzing: libFuzzer needs a C++ compiler: {help}");
        return Ok(false);
    }
    // With `--target`, the flags do not apply to build scripts and procedural macros.
    let status = Command::new("cargo")
        .args(["build", "--release", "--locked", "--bins", "--target", &host()?])
        .arg("--target-dir")
        .arg(parts::root().join("target/fuzz"))
        .current_dir(directory())
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the fuzz targets do not compile");
    Ok(true)
}

fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
