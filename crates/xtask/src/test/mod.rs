//! Runs test binaries, two at a time, and then documentation tests.

mod arguments;
mod binaries;
mod counts;
mod documentation;
mod durations;
mod output;
mod report;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::parts;

use arguments::Arguments;
use binaries::Binary;
pub(crate) use counts::Counts;
pub(crate) use output::each_line;

/// Tests that were built once, to run in several Envoys.
pub(crate) struct Built<'a> {
    binaries: Vec<Binary>,
    arguments: Vec<&'a str>,
}

impl<'a> Built<'a> {
    /// Builds the tests that arguments of `cargo test` select.
    pub(crate) fn new(arguments: &[&'a str]) -> Result<Self> {
        let arguments = Arguments::new(arguments);
        Ok(Self { binaries: binaries::build(&arguments)?, arguments: arguments.of_binaries })
    }

    /// Runs them in this Envoy, and counts them. A binary that fails runs once more, without another beside it: tests that
    /// wait fail on a busy machine. What passes only then is listed, too.
    pub(crate) fn count(&self, envoy: &Path) -> Result<Counts> {
        let mut counts = Counts::default();
        let finished = binaries::run(self.binaries.clone(), &self.arguments, Some(envoy))?;
        for run in finished {
            let Some(name) = &run.failed else {
                counts.add(Counts::of_binary(&run));
                continue;
            };
            let failed = self.binaries.iter().filter(|binary| binary.name == *name).cloned();
            let again = binaries::run(failed.collect(), &self.arguments, Some(envoy))?;
            let again = again.first().context("a failed binary did not run again")?;
            counts.add(Counts::of_binary(again).after(Counts::of_binary(&run)));
        }
        ensure!(counts.passed > 0, "no tests passed in {}", envoy.display());
        Ok(counts)
    }
}

/// Runs the tests that arguments of `cargo test` select: those of the whole workspace if they select no package.
/// Continues after a failure.
pub fn run(arguments: &[&str]) -> Result<()> {
    let arguments = Arguments::new(arguments);
    let binaries = match arguments.only_documentation() {
        true => Vec::new(),
        false => binaries::build(&arguments)?,
    };
    let mut finished = match arguments.only_build() {
        true => Vec::new(),
        false => binaries::run(binaries, &arguments.of_binaries, None)?,
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
