//! What a real Envoy does when something around the limits fails: a worker's VM traps, shared data is overwritten, the rate limit
//! service or an upstream breaks off, Envoy restarts or drains, or the clock jumps. Each test prints what clients see, and how long
//! it lasts.

mod client;
mod clock;
mod fault;
mod grpc;
mod poison;
mod responses;
mod restart;
mod service;
mod traps;
mod upstream;
mod variant;

use std::process::ExitCode;

use anyhow::Result;
use harness::parts;
use harness::suite::{self, Case, Test};

/// Tests that run at once: all, because they wait more than they compute.
const THREADS: usize = 16;

fn main() -> Result<ExitCode> {
    let mut arguments = suite::arguments();
    arguments.test_threads.get_or_insert(THREADS);
    let missing = parts::missing_for_envoy();
    let cases = [
        &poison::TESTS as &[Case],
        &responses::TESTS,
        &restart::TESTS,
        &traps::TESTS,
        &service::TESTS,
        &clock::TESTS,
    ];
    let tests = cases.into_iter().flatten().map(|case| Test::of(case, missing.as_deref()));
    Ok(suite::run(&arguments, tests))
}
