//! Runs tests that need programs. If a program is missing, skips its tests by name; in CI they fail.

use std::process::ExitCode;

use anyhow::{Error, Result};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{logs, parts};

/// A test.
pub struct Test {
    /// The name that `cargo test` shows.
    pub name: String,
    /// What the test lacks, and the command that installs it.
    pub missing: Option<String>,
    /// The test's body.
    pub run: Box<dyn Fn() -> Result<()> + Send>,
}

impl Test {
    /// Makes a test of a case. `missing` says what it lacks.
    pub fn of(&(name, body): &'static Case, missing: Option<&str>) -> Self {
        Self { name: name.to_owned(), missing: missing.map(str::to_owned), run: Box::new(body) }
    }
}

/// A test's name and body.
pub type Case = (&'static str, fn() -> Result<()>);

/// Parses the program's arguments, and exits if they are invalid: call this before starting any program.
pub fn arguments() -> Arguments {
    Arguments::from_args()
}

/// Runs the tests that `arguments` select.
pub fn run(arguments: &Arguments, tests: impl Iterator<Item = Test>) -> ExitCode {
    let in_ci = parts::in_ci();
    let trials = tests.map(|Test { name, missing, run }| {
        if let Some(missing) = &missing {
            println!("skipping {name}: {missing}");
        }
        let skipped = missing.is_some() && !in_ci;
        let body = move || match missing {
            None => with_logs(&run),
            Some(missing) => Err(missing.into()),
        };
        Trial::test(name, body).with_ignored_flag(skipped)
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    if conclusion.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs the cases that the program's arguments select. `missing` names what all of them lack.
pub fn run_cases(cases: &'static [Case], missing: Option<&str>) -> ExitCode {
    run(&arguments(), cases.iter().map(|case| Test::of(case, missing)))
}

/// Runs a test. A failure shows the logs of the programs that the test started.
fn with_logs(run: impl Fn() -> Result<()>) -> Result<(), Failed> {
    let (result, logs) = logs::collect(run);
    result.map_err(|error: Error| format!("{error:#}\n{logs}").into())
}
