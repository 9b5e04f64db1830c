//! Runs test binaries, two at a time, and then documentation tests.

mod arguments;
mod binaries;
mod counts;
mod documentation;
mod durations;
mod output;
mod report;

use std::path::Path;

use anyhow::{Result, ensure};
use harness::parts;

use arguments::Arguments;
pub(crate) use counts::Counts;

/// Runs the tests that arguments of `cargo test` select in this Envoy, and counts them.
pub(crate) fn count(arguments: &[&str], envoy: &Path) -> Result<Counts> {
    let mut counts = Counts::default();
    for run in binaries::run(&Arguments::new(arguments), Some(envoy))? {
        let of_run = Counts::of(&run.lines);
        // A binary can fail without a test that does.
        let silent = run.failed.filter(|_| of_run.failed.is_empty());
        counts.add(of_run);
        counts.failed.extend(silent);
    }
    ensure!(counts.passed > 0, "no tests ran in {}", envoy.display());
    Ok(counts)
}

/// Runs the tests that arguments of `cargo test` select: those of the whole workspace if they select no package.
/// Continues after a failure.
pub fn run(arguments: &[&str]) -> Result<()> {
    let arguments = Arguments::new(arguments);
    let mut finished = match arguments.only_documentation() {
        true => Vec::new(),
        false => binaries::run(&arguments, None)?,
    };
    if arguments.with_documentation() {
        finished.push(documentation::run(&arguments)?);
    }
    if arguments.only_build() {
        return Ok(());
    }
    let lines: Vec<_> = finished.iter().flat_map(|run| &run.lines).map(String::as_str).collect();
    report::show(&lines);
    let failed: Vec<_> = finished.iter().filter_map(|run| run.failed.as_deref()).collect();
    ensure!(failed.is_empty(), "tests failed in\n      {}", failed.join("\n      "));
    let nothing_ignored = report::ignored(&lines).is_empty();
    ensure!(nothing_ignored || !parts::in_ci(), "no test may be ignored in CI: see above");
    let ran = lines.iter().any(|line| line.ends_with(" ... ok"));
    ensure!(ran, "no tests ran: see `cargo test --help` for arguments");
    Ok(())
}
