//! Runs tests with real programs. Those for which something is missing are skipped by name.

use std::process::ExitCode;

use anyhow::{Error, Result};
use harness::parts;
use libtest_mimic::{Arguments, Failed, Trial};

/// A test.
pub struct Test {
    /// As it is shown.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// What it does.
    pub run: Box<dyn Fn() -> Result<()> + Send>,
}

/// What a test needs.
#[derive(Clone, Debug)]
pub enum Needs {
    /// All there.
    Nothing,
    /// What is missing, and the command that brings it.
    Missing(String),
    /// As `Missing`, of what CI may lack as well.
    MissingAnywhere(String),
}

impl Needs {
    /// All there, or what is missing.
    pub fn unless_missing(missing: Option<String>) -> Self {
        missing.map_or(Self::Nothing, Self::Missing)
    }

    /// What Go makes: all there, or what is missing. CI may be without Go, but where there is Go it has been made.
    pub fn of_go(missing: Option<String>) -> Self {
        match missing {
            Some(missing) if parts::go_tool().is_none() => {
                Self::MissingAnywhere(format!("{missing}, with Go"))
            }
            missing => Self::unless_missing(missing),
        }
    }

    fn missing(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Missing(missing) | Self::MissingAnywhere(missing) => Some(missing),
        }
    }
}

/// The program's arguments. Wrong ones end the program: read them before anything runs that must be ended.
pub fn arguments() -> Arguments {
    Arguments::from_args()
}

/// Runs those that arguments choose. In CI a test that lacks what CI has counts as failed.
pub fn run(arguments: &Arguments, tests: impl Iterator<Item = Test>) -> ExitCode {
    let in_ci = std::env::var_os("CI").is_some();
    let trials = tests.map(|Test { name, needs, run }| {
        if let Some(missing) = needs.missing() {
            println!("skipping {name}: {missing}");
        }
        let fails = in_ci && matches!(needs, Needs::Missing(_));
        let skipped = needs.missing().is_some() && !fails;
        let test = move || match &needs {
            Needs::Nothing => outcome(&run),
            Needs::Missing(missing) | Needs::MissingAnywhere(missing) => Err(missing.into()),
        };
        Trial::test(name, test).with_ignored_flag(skipped)
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    if conclusion.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A test that needs nothing but what all of its program's need: its name, and what it does.
pub type Case = (&'static str, fn() -> Result<()>);

/// Runs those of these that the program's arguments choose, each of which needs the same.
pub fn run_cases(cases: &'static [Case], needs: &Needs) -> ExitCode {
    let test = |&(name, test): &Case| Test { name, needs: needs.clone(), run: Box::new(test) };
    run(&arguments(), cases.iter().map(test))
}

/// Runs a test. A failure shows the logs of what it started.
fn outcome(run: impl Fn() -> Result<()>) -> Result<(), Failed> {
    let (outcome, logs) = harness::logs::of_ended(run);
    outcome.map_err(|error: Error| format!("{error:#}\n{logs}").into())
}
