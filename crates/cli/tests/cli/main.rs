//! The tool, in a real registry and with the files of `deploy/`.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod deploy;
mod registry;
mod run;

use std::process::ExitCode;

use e2e::suite::{self, Case, Needs, Test};

fn main() -> ExitCode {
    let arguments = suite::arguments();
    let tests = [(deploy::STATIC.as_slice(), Needs::Nothing), (&deploy::RUN, deploy::needs())];
    let all = tests.into_iter().chain([(registry::TESTS.as_slice(), registry::needs())]);
    suite::run(&arguments, all.flat_map(|(cases, needs)| cases.iter().map(move |case| test(case, &needs))))
}

fn test(&(name, run): &Case, needs: &Needs) -> Test {
    Test { name, needs: needs.clone(), run: Box::new(run) }
}
