//! Tests the tool with a real registry and with the files of `deploy/`.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod deploy;
mod registry;
mod run;

use std::process::ExitCode;

use harness::suite::{self, Case, Test};

fn main() -> ExitCode {
    let arguments = suite::arguments();
    let groups: [(&'static [Case], Option<String>); 3] =
        [(&deploy::STATIC, None), (&deploy::RUN, deploy::missing()), (&registry::TESTS, registry::missing())];
    let tests = groups
        .into_iter()
        .flat_map(|(cases, missing)| cases.iter().map(move |case| Test::of(case, missing.as_deref())));
    suite::run(&arguments, tests)
}
