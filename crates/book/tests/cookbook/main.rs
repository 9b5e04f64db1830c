//! The cookbook: each job in the newest and the oldest Envoy, in each form that its page shows; the same jobs as other products
//! do them, in Envoy and nginx; and the pages themselves.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod case;
mod check;
mod fixture;
mod forms;
mod grpc;
mod http;
mod listener;
mod model;
mod nginx;
mod pages;
mod peers;
mod schemas;
mod tcp;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Error, Result};
use book::cookbook::jobs;
use book::products;
use harness::{certificate, haproxy, parts, suite};

use case::Case;
use fixture::Fixture;

/// The programs that some cases need.
const PROGRAMS: [&str; 3] = [certificate::PROGRAM, haproxy::PROGRAM, harness::nginx::PROGRAM];

fn main() -> ExitCode {
    let arguments = suite::arguments();
    match tests() {
        Ok(tests) => suite::run(&arguments, tests.into_iter()),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn tests() -> Result<Vec<suite::Test>> {
    let missing = parts::missing_for_e2e().or_else(|| parts::missing_of(&PROGRAMS));
    let shared = Arc::new(Shared { cases: cases()?, fixture: OnceLock::new() });
    let mut tests = vec![
        test("pages::every_page_is_current", None, pages::current),
        test("pages::envoy_accepts_what_the_first_page_shows", missing.clone(), pages::shown_envoy),
        test("schemas::every_resource_matches_its_schema", None, schemas::strict),
    ];
    for case in shared.cases.clone() {
        let (shared, name) = (Arc::clone(&shared), case.name.clone());
        let run = move || case.run_in_model().unwrap_or_else(|| shared.fixture()?.run(&case));
        tests.push(test(&name, missing.clone(), run));
    }
    Ok(tests)
}

/// Returns everything that the tests run.
fn cases() -> Result<Vec<Case>> {
    let jobs = jobs()?;
    let mut cases: Vec<_> = jobs.iter().flat_map(Case::of_job).collect();
    for product in products()? {
        cases.extend(Case::of_product(&product, &jobs)?);
    }
    Ok(cases)
}

fn test(name: &str, missing: Option<String>, run: impl Fn() -> Result<()> + Send + 'static) -> suite::Test {
    suite::Test { name: name.to_owned(), missing, run: Box::new(run) }
}

/// What all tests share.
struct Shared {
    cases: Vec<Case>,
    /// Started by the first test that needs it.
    fixture: OnceLock<Result<Fixture, String>>,
}

impl Shared {
    fn fixture(&self) -> Result<&Fixture> {
        let start = || Fixture::start(&self.cases).map_err(|error| format!("{error:#}"));
        self.fixture.get_or_init(start).as_ref().map_err(|error| Error::msg(error.clone()))
    }
}
