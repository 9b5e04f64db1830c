//! Runs documentation tests, which only cargo can run.

use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use harness::parts;

use super::arguments::Arguments;
use super::binaries::Finished;
use super::output::each_line;

/// Runs the documentation tests that the arguments select, and shows their output as it arrives.
pub(super) fn run(arguments: &Arguments<'_>) -> Result<Finished> {
    let mut cargo = Command::new("cargo");
    cargo.arg("test").args(&arguments.of_cargo).current_dir(parts::root()).stdout(Stdio::piped());
    if !arguments.only_documentation() {
        cargo.arg("--doc");
    }
    let mut cargo = cargo.arg("--").args(&arguments.of_binaries).spawn().context("cannot run cargo")?;
    let lines = Mutex::new(Vec::new());
    each_line(cargo.stdout.take(), |line| {
        println!("{line}");
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    });
    let succeeded = cargo.wait()?.success();
    let lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Finished { lines, failed: (!succeeded).then(|| "documentation tests".to_owned()) })
}
