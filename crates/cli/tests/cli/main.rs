//! Tests the tool with a real registry and with the files of `deploy/`.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod deploy;
mod registry;
mod run;

use std::process::ExitCode;

use harness::suite::{self, Case, Test};

fn main() -> ExitCode {
    let arguments = suite::arguments();
    let tests = [(deploy::STATIC.as_slice(), None), (&deploy::RUN, deploy::missing())];
    let all = tests.into_iter().chain([(registry::TESTS.as_slice(), registry::missing())]);
    suite::run(
        &arguments,
        all.flat_map(|(cases, missing)| cases.iter().map(move |case| test(case, missing.clone()))),
    )
}

fn test(&(name, run): &Case, missing: Option<String>) -> Test {
    Test { name, missing, run: Box::new(run) }
}
