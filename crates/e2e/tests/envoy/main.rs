//! Tests the built filters in a real Envoy. Without Envoy, every test is skipped by name; in CI it fails.

mod capabilities;
mod claims;
mod commands;
mod configurations;
mod connections;
mod deploy;
mod edits;
mod global;
mod headers;
mod hosts;
mod limitador;
mod limits;
mod pauses;
mod readme;
mod reverse;
mod route;
mod routes;
mod specialized;
mod tcp;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use harness::bootstrap::Bootstrap;
use harness::fixture::Fixture;
use harness::scenarios;
use harness::suite::{self, Test};
use harness::transcript::Transcript;
use harness::{logs, parts};

/// The open file limit for this program and Envoy: both hold two sockets for each of a thousand connections.
const FILES: u64 = 8000;

/// Tests that run at once. More than there are cores, because many wait for Envoy.
const THREADS: usize = 4;

fn main() -> Result<ExitCode> {
    let mut arguments = suite::arguments();
    arguments.test_threads.get_or_insert(THREADS);
    let missing = parts::missing_for_e2e();
    let missing_programs =
        missing.clone().or_else(|| parts::missing_of(&parts::DEBIAN_PROGRAMS.map(|(name, _)| name)));
    let missing_curl = missing.clone().or_else(|| parts::missing_of(&["curl"]));
    rlimit::increase_nofile_limit(FILES)?;
    let fixture =
        if missing.is_none() { Some(Arc::new(Fixture::start_with(shared_listeners)?)) } else { None };
    let with_programs =
        tcp::WITH_PROGRAMS.into_iter().chain(commands::WITH_PROGRAMS).chain(hosts::WITH_PROGRAMS);
    let with_programs = with_programs
        .chain(reverse::WITH_PROGRAMS)
        .map(|(name, test)| (name, Box::new(test) as Run, missing_programs.clone()));
    let with_curl = edits::WITH_CURL.into_iter().chain(hosts::WITH_CURL).chain(connections::WITH_CURL);
    let with_curl = with_curl.map(|(name, test)| (name, Box::new(test) as Run, missing_curl.clone()));
    let without = tests().map(|(name, test)| (name, test, missing.clone()));
    let tests = without.chain(with_programs).chain(with_curl).map(|(name, test, missing)| {
        let fixture = fixture.clone();
        let run = move || match &fixture {
            Some(fixture) => with_logs(fixture, &test),
            None => Ok(()),
        };
        Test { name: name.to_owned(), missing, run: Box::new(run) }
    });
    let exit_code = suite::run(&arguments, tests);
    // The return value of `main` ends the process without dropping what threads still hold.
    drop(fixture);
    Ok(exit_code)
}

/// Adds the listeners of tests that share one Envoy to those of the scenarios. The last two set options that apply to
/// all listeners after them.
fn shared_listeners(bootstrap: Bootstrap) -> Bootstrap {
    [
        claims::listeners,
        connections::listeners,
        edits::listeners,
        hosts::listeners,
        configurations::listeners,
        limits::listeners,
        headers::listeners,
    ]
    .into_iter()
    .fold(bootstrap, |bootstrap, listeners| listeners(bootstrap))
}

/// Runs a test. The error of one that started no program shows the fixture's logs.
fn with_logs(fixture: &Fixture, test: &dyn Fn(&Fixture) -> Result<()>) -> Result<()> {
    let (result, ended) = logs::collect(|| test(fixture));
    let logs = if ended.is_empty() { fixture.logs() } else { ended };
    result.map_err(|error| anyhow!("{error:#}\n{logs}"))
}

/// A test's name, and its body, which gets the shared fixture.
pub(crate) type Case = (&'static str, fn(&Fixture) -> Result<()>);

type Run = Box<dyn Fn(&Fixture) -> Result<()> + Send>;

fn tests() -> impl Iterator<Item = (&'static str, Run)> {
    let groups: [&[Case]; 14] = [
        // The longest first.
        &limits::TESTS,
        &connections::TESTS,
        &commands::TESTS,
        &pauses::TESTS,
        &global::TESTS,
        &headers::TESTS,
        &capabilities::TESTS,
        &claims::TESTS,
        &configurations::TESTS,
        &specialized::TESTS,
        &tcp::TESTS,
        &deploy::TESTS,
        &readme::TESTS,
        &routes::TESTS,
    ];
    let cases = groups.into_iter().flatten().map(|&(name, test)| (name, Box::new(test) as Run));
    let scenarios = scenarios::all().map(|scenario| (scenario.name, as_test(scenario.run)));
    cases.chain(scenarios)
}

/// Turns a scenario into a test. A failure shows the transcript.
fn as_test(scenario: fn(&Fixture, &mut Transcript) -> Result<()>) -> Run {
    Box::new(move |fixture| {
        let mut transcript = Transcript::default();
        scenario(fixture, &mut transcript).with_context(|| format!("after this:\n{}", transcript.text()))
    })
}
