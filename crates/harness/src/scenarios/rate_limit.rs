//! rate-limit: a walk-through limits each client address.

use anyhow::{Result, ensure};

use super::scenario::{Group, Scenario};
use crate::fixture::{Fixture, S4};
use crate::http::Request;
use crate::transcript::Transcript;

/// More than a client may send.
const REQUESTS: usize = 5;

/// What a client may send at once.
const LIMIT: usize = 3;

pub(super) const GROUP: Group = Group {
    filter: "rate-limit",
    purpose: "limits requests per client, header or path",
    scenarios: &[Scenario {
        id: "S4",
        name: "s4_rate_limit_per_ip",
        title: "A client address may send 3 requests at once, then one every 20 seconds; Envoy finds the upstream by its DNS name",
        run: per_address,
    }],
};

fn per_address(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    transcript.configuration("rate-limit", S4);
    let responses = transcript.repeat(fixture, "s4", &Request::get("/get"), REQUESTS)?;
    for (response, number) in responses.iter().zip(1..) {
        let expected = if number <= LIMIT { 200 } else { 429 };
        ensure!(response.status == expected, "request {number}: expected status {expected}:\n{response}");
        ensure!(
            response.values("retry-after").is_empty() == (expected == 200),
            "request {number}: `retry-after` belongs on 429 only:\n{response}"
        );
    }
    Ok(())
}
