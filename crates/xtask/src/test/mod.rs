//! Runs test binaries, two at a time, and then documentation tests.

mod arguments;
mod binaries;
mod documentation;
mod durations;
mod output;
mod report;

use anyhow::{Result, ensure};
use harness::parts;

use arguments::Arguments;

/// Runs the tests that arguments of `cargo test` select: those of the whole workspace if they select no package.
/// Continues after a failure.
pub fn run(arguments: &[&str]) -> Result<()> {
    let arguments = Arguments::new(arguments);
    let mut finished = match arguments.only_documentation() {
        true => Vec::new(),
        false => binaries::run(&arguments)?,
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
