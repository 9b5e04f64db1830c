//! Runs unit tests in Miri, which finds undefined behavior and leaks: in the layer's `unsafe` code, and in dependencies that ship.
//!
//! For a 32-bit target, as modules have. Compiling the test kit, which contains wasmtime, would take longer than all tests, so
//! they run in packages that do not depend on it.

mod passed;
mod toolchain;
mod workspace;

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail, ensure};
use harness::parts;

/// Has pointers of 32 bits, as modules have.
const TARGET: &str = "i686-unknown-linux-gnu";

/// The flags of every run. With strict provenance, a pointer that is made from a number is an error. Miri's isolation stays on:
/// a run depends on nothing but its seed, and proptest cannot keep the cases that failed.
const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-env-set=PROPTEST_DISABLE_FAILURE_PERSISTENCE=1";

/// How many cases a property has. Miri takes about a thousand times as long as the processor.
const CASES: u32 = 2;

/// The tests that run if none are named, by package: parts of their names. Others take minutes, such as those that compile large
/// regular expressions.
const TESTS: [(&str, &[&str]); 4] = [
    // The seam to the host and all `unsafe` code, and what reads the bytes of clients.
    ("proxy-filter", &["sys::", "headers::", "any_bytes_are_json_or_none"]),
    // Filters in the model, through the seam.
    ("proxy-model", &["native::"]),
    // What reads the bytes of shared data, which other software may have written.
    ("limits", &["table::set::tests::a_", "in_flight::rows::", "in_flight::workers::"]),
    ("regex-replace", &["replacement::tests::groups", "replacement::tests::wrong"]),
];

/// Installs the toolchain, and compiles the standard library and the tests for Miri.
///
/// # Errors
/// In CI, something cannot be installed.
pub fn setup() -> Result<()> {
    let Some(toolchain) = toolchain::ready()? else { return Ok(()) };
    let workspace = workspace::create()?;
    let mut library = miri(toolchain);
    let built = library.args(["setup", "--quiet", "--target", TARGET]).status()?;
    ensure!(built.success(), "the standard library does not compile for Miri");
    for (package, _) in TESTS {
        let built = tests(toolchain, &workspace, package).args(["--quiet", "--no-run"]).status()?;
        ensure!(built.success(), "the tests of {package} do not compile for Miri");
    }
    Ok(())
}

/// Runs the tests of a package whose names contain one of `names`, or those of all packages that are fast enough. `SEED` repeats
/// a run.
///
/// # Errors
/// A test fails, none passes that has one of the names, or in CI something cannot be installed.
pub fn run(chosen: Option<(&str, &[&str])>) -> Result<()> {
    let Some(toolchain) = toolchain::ready()? else { return Ok(()) };
    let seed = std::env::var("SEED").unwrap_or_else(|_| "0".to_owned());
    let workspace = workspace::create()?;
    println!("Miri of {toolchain} for {TARGET}, SEED={seed}, {CASES} cases of each property");
    let flags = format!("{FLAGS} -Zmiri-env-set=PROPTEST_CASES={CASES} -Zmiri-seed={seed}");
    for (package, names) in chosen.map_or(TESTS.to_vec(), |chosen| vec![chosen]) {
        let mut tests = tests(toolchain, &workspace, package);
        let passed = passed::shown(tests.env("MIRIFLAGS", &flags).arg("--").args(names))?;
        let Some(passed) = passed else {
            bail!("`just miri {package} {}` failed with SEED={seed}", names.join(" "));
        };
        passed::expect_each(package, names, &passed)?;
    }
    Ok(())
}

fn tests(toolchain: &str, workspace: &Path, package: &str) -> Command {
    let mut tests = miri(toolchain);
    // `--offline`: Cargo.lock is a copy, and its packages are those of the repository.
    tests
        .args(["test", "--target", TARGET, "--offline", "--lib", "--package", package])
        .current_dir(workspace);
    tests
}

fn miri(toolchain: &str) -> Command {
    let mut rustup = Command::new("rustup");
    rustup.args(["run", toolchain, "cargo", "miri"]);
    // Not where the stable toolchain builds, which would compile everything again.
    rustup.env("CARGO_TARGET_DIR", parts::root().join("target/miri/build"));
    rustup
}
