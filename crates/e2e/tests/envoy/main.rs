//! The built filters in a real Envoy.
//!
//! Where Envoy is missing and cannot be fetched every test is skipped by name; in CI that is a failure.

mod configurations;
mod deploy;
mod global;
mod headers;
mod hostile;
mod limits;
mod native;
mod readme;
mod routes;
mod tcp;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use e2e::lab::Lab;
use e2e::story::Story;
use e2e::suite::{self, Needs, Test};
use e2e::walkthroughs::ALL;
use harness::parts;

fn main() -> Result<ExitCode> {
    let arguments = suite::arguments();
    let missing = parts::missing_for_e2e();
    let programs =
        missing.clone().or_else(|| parts::missing_of(&parts::DEBIAN_PROGRAMS.map(|(name, _)| name)));
    let lab = if missing.is_none() { Some(Arc::new(Lab::start()?)) } else { None };
    let with_programs =
        tcp::WITH_PROGRAMS.map(|(name, test)| (name, Box::new(test) as Run, programs.clone()));
    let without = tests().map(|(name, test)| (name, test, missing.clone()));
    let tests = without.chain(with_programs).map(|(name, test, missing)| {
        let lab = lab.clone();
        let run = move || match &lab {
            Some(lab) => with_logs(lab, &test),
            None => Ok(()),
        };
        Test { name, needs: Needs::unless_missing(missing), run: Box::new(run) }
    });
    let exit_code = suite::run(&arguments, tests);
    // Here, because leaving with an exit code would not: Envoy and httpbin are ended.
    drop(lab);
    Ok(exit_code)
}

/// Runs a test. One that fails and has started nothing itself shows the logs of the lab.
fn with_logs(lab: &Lab, test: &dyn Fn(&Lab) -> Result<()>) -> Result<()> {
    let (outcome, ended) = harness::logs::of_ended(|| test(lab));
    let logs = if ended.is_empty() { lab.logs() } else { ended };
    outcome.map_err(|error| anyhow::anyhow!("{error:#}\n{logs}"))
}

/// A test: its name, and what it does with the lab that all share.
pub(crate) type Case = (&'static str, fn(&Lab) -> Result<()>);

type Run = Box<dyn Fn(&Lab) -> Result<()> + Send>;

fn tests() -> impl Iterator<Item = (&'static str, Run)> {
    let seeds = ALL.into_iter().map(|walkthrough| (walkthrough.name, told(walkthrough.run)));
    let groups: [&[Case]; 10] = [
        &hostile::TESTS,
        &global::TESTS,
        &headers::TESTS,
        &configurations::TESTS,
        &limits::TESTS,
        &native::TESTS,
        &tcp::TESTS,
        &deploy::TESTS,
        &readme::TESTS,
        &routes::TESTS,
    ];
    let cases = groups.into_iter().flatten().map(|&(name, test)| (name, Box::new(test) as Run));
    seeds.chain(cases)
}

/// A walk-through as a test: a failure comes with the story so far.
fn told(walkthrough: fn(&Lab, &mut Story) -> Result<()>) -> Run {
    Box::new(move |lab| {
        let mut story = Story::default();
        walkthrough(lab, &mut story).with_context(|| format!("after this\n{}", story.text()))
    })
}
