//! What a client can send that must not hurt.

use anyhow::{Context, Result, ensure};
use e2e::lab::Lab;
use harness::http::Request;

use crate::Case;

pub(crate) const TESTS: [Case; 2] =
    [("a_header_value_of_ff_fe_does_not_hurt", ff_fe), ("a_header_of_60_kib_does_not_hurt", sixty_kib)];

const LISTENERS: [&str; 6] = ["s0-unconfigured", "s0-text", "s1", "s2-http", "s3", "roomy"];

/// Connections of each kind to a listener. That the kernel gives all to one of two workers is as likely as
/// so many tosses of a coin that all show the same side.
const CONNECTIONS: usize = 20;

fn ff_fe(lab: &Lab) -> Result<()> {
    then_and_afterwards(lab, b"\xff\xfe")
}

fn sixty_kib(lab: &Lab) -> Result<()> {
    then_and_afterwards(lab, &vec![b'a'; 60 * 1024])
}

/// 200 then, and 200 afterwards; every request has a connection of its own, and both workers took some.
fn then_and_afterwards(lab: &Lab, value: &[u8]) -> Result<()> {
    let hostile = Request::get("/get").header("authorization", value).header("x-any", b"\xfe");
    for listener in LISTENERS {
        for request in [&hostile, &Request::get("/get")] {
            for _ in 0..CONNECTIONS {
                let response = lab.envoy.send(listener, request).with_context(|| listener.to_owned())?;
                ensure!(response.status == 200, "{listener} answered\n{response}");
            }
        }
        let used = lab.envoy.workers_used(listener)?;
        ensure!(used == 2, "{listener}: only {used} of 2 workers took part");
    }
    Ok(())
}
