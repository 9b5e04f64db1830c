//! Runs unit tests in Miri, which finds undefined behavior: in the layer's `unsafe` code, and in dependencies that ship.
//!
//! For a 32-bit target, as modules have. Compiling the test kit, which contains wasmtime, would take longer than all tests, so
//! they run in packages that do not depend on it.

mod toolchain;
mod workspace;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

/// Has pointers of 32 bits, as modules have.
const TARGET: &str = "i686-unknown-linux-gnu";

/// The flags of every run. With strict provenance, a pointer that is made from a number is an error. Miri's isolation stays on:
/// a run depends on nothing but its seed, and proptest cannot keep the cases that failed.
const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-env-set=PROPTEST_DISABLE_FAILURE_PERSISTENCE=1";

/// How many cases a property test has. Miri takes about a thousand times as long as the processor.
const CASES: u32 = 4;

/// The tests of the short form, by package: parts of names.
const SHORT: [(&str, &[&str]); 3] = [
    // The seam to the host, and what reads bytes of clients.
    ("proxy-filter", &["sys::", "headers::", "template::", "protobuf", "entry::"]),
    ("limits", &["table::", "registry::"]),
    ("regex-replace", &["replacement"]),
];

/// The tests that would take more than a minute each, because they compile large regular expressions or try many values.
const SLOW: [&str; 2] =
    ["attribute::date::tests::each_day_follows_the_one_before", "error_messages_have_bounded_length"];

/// Installs the toolchain, and compiles the standard library for Miri.
///
/// # Errors
/// In CI, something cannot be installed.
pub fn setup() -> Result<()> {
    let Some(toolchain) = toolchain::ready()? else { return Ok(()) };
    succeed(miri(toolchain).args(["setup", "--quiet", "--target", TARGET]))
}

/// Runs all tests that are fast enough, or those of the short form. `SEED` repeats a run.
///
/// # Errors
/// A test fails, or in CI something cannot be installed.
pub fn run(short: bool) -> Result<()> {
    let Some(toolchain) = toolchain::ready()? else { return Ok(()) };
    let seed = std::env::var("SEED").unwrap_or_else(|_| "0".to_owned());
    let workspace = workspace::create()?;
    println!("Miri of {toolchain} for {TARGET}, SEED={seed}, {CASES} cases of each property");
    let flags = format!("{FLAGS} -Zmiri-env-set=PROPTEST_CASES={CASES} -Zmiri-seed={seed}");
    for (package, chosen) in SHORT {
        let mut tests = miri(toolchain);
        tests.env("MIRIFLAGS", &flags).current_dir(&workspace);
        tests.args(["test", "--quiet", "--target", TARGET, "--offline", "--lib", "--package", package, "--"]);
        match short {
            true => tests.args(chosen),
            false => tests.args(SLOW.iter().flat_map(|test| ["--skip", test])),
        };
        succeed(&mut tests)?;
    }
    Ok(())
}

fn miri(toolchain: &str) -> Command {
    let mut rustup = Command::new("rustup");
    rustup.args(["run", toolchain, "cargo", "miri"]);
    // Not where stable Rust builds: neither would find the other's files complete.
    rustup.env("CARGO_TARGET_DIR", parts::root().join("target/miri/build"));
    rustup
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot run rustup")?;
    ensure!(status.success(), "Miri failed");
    Ok(())
}
