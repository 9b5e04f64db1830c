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
use e2e::walkthroughs::ALL;
use libtest_mimic::{Arguments, Conclusion, Failed, Trial};

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    if let Some(missing) = testbed::parts::missing_for_e2e() {
        println!("skipping every test with a real Envoy: {missing}");
        let skipped = trials().map(|(name, _)| Trial::test(name, || Ok(())).with_ignored_flag(true));
        let conclusion = libtest_mimic::run(&arguments, skipped.collect());
        let in_ci = std::env::var_os("CI").is_some();
        return Ok(if in_ci { ExitCode::FAILURE } else { exit_code(&conclusion) });
    }
    let lab = Arc::new(Lab::start()?);
    let with_lab = trials().map(|(name, test)| {
        let lab = Arc::clone(&lab);
        Trial::test(name, move || outcome(&lab, &test))
    });
    let conclusion = libtest_mimic::run(&arguments, with_lab.collect());
    // Here, because leaving with an exit code would not: Envoy and httpbin are ended.
    drop(lab);
    Ok(exit_code(&conclusion))
}

/// Runs a test. A failure shows the logs of what it started, or else of the lab.
fn outcome(lab: &Lab, test: &Test) -> Result<(), Failed> {
    let (outcome, ended) = testbed::logs::of_ended(|| test(lab));
    outcome.map_err(|error| {
        let logs = if ended.is_empty() { lab.logs() } else { ended };
        format!("{error:#}\n{logs}").into()
    })
}

fn exit_code(conclusion: &Conclusion) -> ExitCode {
    if conclusion.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A test: its name, and what it does with the lab that all share.
pub(crate) type Case = (&'static str, fn(&Lab) -> Result<()>);

type Test = Box<dyn Fn(&Lab) -> Result<()> + Send>;

fn trials() -> impl Iterator<Item = (&'static str, Test)> {
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
    let cases = groups.into_iter().flatten().map(|&(name, test)| (name, Box::new(test) as Test));
    seeds.chain(cases)
}

/// A walk-through as a test: a failure comes with the story so far.
fn told(walkthrough: fn(&Lab, &mut Story) -> Result<()>) -> Test {
    Box::new(move |lab| {
        let mut story = Story::default();
        walkthrough(lab, &mut story).with_context(|| format!("after this\n{}", story.text()))
    })
}
