//! Runs documentation tests, which only cargo can run.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use harness::parts;

use super::arguments::Arguments;
use super::binaries::Finished;
use super::output::each_line;

/// What cargo says if none of the packages has a library, and so no documentation test.
const NO_LIBRARY: &str = "no library targets found";

/// Runs the documentation tests that the arguments select, and shows their output as it arrives.
pub(super) fn run(arguments: &Arguments<'_>) -> Result<Finished> {
    let mut cargo = Command::new("cargo");
    cargo.arg("test").args(&arguments.of_cargo).current_dir(parts::root());
    if !arguments.of_cargo.contains(&"--no-fail-fast") {
        cargo.arg("--no-fail-fast");
    }
    cargo.stdout(Stdio::piped()).stderr(Stdio::piped());
    if !arguments.only_documentation() {
        cargo.arg("--doc");
    }
    let mut cargo = cargo.arg("--").args(&arguments.of_binaries).spawn().context("cannot run cargo")?;
    let errors = cargo.stderr.take();
    let errors = std::thread::spawn(move || {
        let has_no_library = AtomicBool::new(false);
        each_line(errors, |line| match line.contains(NO_LIBRARY) {
            true => has_no_library.store(true, Ordering::Relaxed),
            false => eprintln!("{line}"),
        });
        has_no_library.into_inner()
    });
    let lines = Mutex::new(Vec::new());
    each_line(cargo.stdout.take(), |line| {
        println!("{line}");
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    });
    let succeeded = cargo.wait()?.success() || errors.join().unwrap_or_default();
    let lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Finished { lines, failed: (!succeeded).then(|| "documentation tests".to_owned()) })
}
