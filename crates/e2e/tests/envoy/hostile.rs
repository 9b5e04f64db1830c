//! What a client can send that must not hurt.

use anyhow::{Context, Result, ensure};
use e2e::lab::Lab;
use testbed::http::Request;

use crate::Case;

pub(crate) const TESTS: [Case; 2] =
    [("a_header_value_of_ff_fe_does_not_hurt", ff_fe), ("a_header_of_60_kib_does_not_hurt", sixty_kib)];

const LISTENERS: [&str; 6] = ["s0-unconfigured", "s0-text", "s1", "s2-http", "s3", "roomy"];

fn ff_fe(lab: &Lab) -> Result<()> {
    then_and_afterwards(lab, b"\xff\xfe")
}

fn sixty_kib(lab: &Lab) -> Result<()> {
    then_and_afterwards(lab, &vec![b'a'; 60 * 1024])
}

/// 200 then, and 200 afterwards on both workers.
fn then_and_afterwards(lab: &Lab, value: &[u8]) -> Result<()> {
    for listener in LISTENERS {
        let hostile = Request::get("/get").header("authorization", value).header("x-any", "\u{fe}");
        for request in std::iter::repeat_n(&hostile, 10).chain(std::iter::repeat_n(&Request::get("/get"), 10))
        {
            let response = lab.envoy.send(listener, request).with_context(|| listener.to_owned())?;
            ensure!(response.status == 200, "{listener} answered\n{response}");
        }
    }
    Ok(())
}
