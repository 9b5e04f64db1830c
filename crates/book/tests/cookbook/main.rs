//! The cookbook: each job in a real Envoy, in each form that its page shows, and the pages themselves.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod check;
mod fixture;
mod forms;
mod http;
mod listener;
mod pages;
mod schemas;
mod tcp;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Error, Result};
use book::cookbook::{Job, jobs};
use harness::{certificate, haproxy, nginx, parts, suite};

use fixture::Fixture;
use forms::Form;

/// The programs that jobs for TCP need.
const PROGRAMS: [&str; 3] = [certificate::PROGRAM, haproxy::PROGRAM, nginx::PROGRAM];

fn main() -> ExitCode {
    let arguments = suite::arguments();
    let jobs = match jobs() {
        Ok(jobs) => jobs,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let missing = parts::missing_for_envoy().or_else(|| parts::missing_of(&PROGRAMS));
    let shared = Arc::new(Shared { jobs, fixture: OnceLock::new() });
    let mut tests =
        vec![
            test("pages::every_page_is_current", None, pages::current),
            test("schemas::every_resource_matches_its_schema", None, || {
                schemas::strict(&book::cookbook::jobs()?)
            }),
        ];
    for job in shared.jobs.clone() {
        for form in Form::of(&job) {
            let (shared, job) = (Arc::clone(&shared), job.clone());
            let name = format!("{}::{}", job.name, form.name());
            tests.push(test(&name, missing.clone(), move || shared.fixture()?.run(&job, form)));
        }
    }
    suite::run(&arguments, tests.into_iter())
}

fn test(name: &str, missing: Option<String>, run: impl Fn() -> Result<()> + Send + 'static) -> suite::Test {
    // As long as the program.
    suite::Test { name: name.to_owned().leak(), missing, run: Box::new(run) }
}

/// What all tests share.
struct Shared {
    jobs: Vec<Job>,
    /// Started by the first test that needs it.
    fixture: OnceLock<Result<Fixture, String>>,
}

impl Shared {
    fn fixture(&self) -> Result<&Fixture> {
        let fixture =
            self.fixture.get_or_init(|| Fixture::start(&self.jobs).map_err(|error| format!("{error:#}")));
        fixture.as_ref().map_err(|error| Error::msg(error.clone()))
    }
}
