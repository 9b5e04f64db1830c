//! Requests that must not break a filter.

use anyhow::{Context, Result, ensure};
use harness::fixture::Fixture;
use harness::http::Request;

use crate::Case;

pub(crate) const TESTS: [Case; 2] =
    [("a_header_value_of_ff_fe_breaks_nothing", ff_fe), ("a_header_of_60_kib_breaks_nothing", sixty_kib)];

const LISTENERS: [&str; 6] = ["s0-unconfigured", "s0-text", "s1", "s2-http", "s3", "roomy"];

/// Connections per kind of request: enough that the kernel is very unlikely to give all of them to one of two workers.
const CONNECTIONS: usize = 20;

fn ff_fe(fixture: &Fixture) -> Result<()> {
    then_and_afterwards(fixture, b"\xff\xfe")
}

fn sixty_kib(fixture: &Fixture) -> Result<()> {
    then_and_afterwards(fixture, &vec![b'a'; 60 * 1024])
}

/// Expects 200 for hostile requests and for ordinary ones after them, on both workers.
fn then_and_afterwards(fixture: &Fixture, value: &[u8]) -> Result<()> {
    let hostile = Request::get("/get").header("authorization", value).header("x-any", b"\xfe");
    for listener in LISTENERS {
        for request in [&hostile, &Request::get("/get")] {
            for _ in 0..CONNECTIONS {
                let response = fixture.envoy.send(listener, request).with_context(|| listener.to_owned())?;
                ensure!(response.status == 200, "{listener}: expected status 200:\n{response}");
            }
        }
        let used = fixture.envoy.workers_used(listener)?;
        ensure!(used == 2, "{listener}: {used} of 2 workers accepted connections");
    }
    Ok(())
}
