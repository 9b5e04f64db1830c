//! tcp-prepend: a walk-through sends a text before a client's data.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::scenario::{Group, Scenario};
use crate::fixture::{Fixture, PLAIN_TCP, S2_EVERY_CHUNK};
use crate::recorder;
use crate::transcript::Transcript;

/// The pause between chunks, so that Envoy reads them one by one.
const PAUSE: Duration = Duration::from_millis(200);

/// tcp-prepend's default payload.
const PREPENDED: &str = "prepend payload to downstream data";

pub(super) const GROUP: Group = Group {
    filter: "tcp-prepend",
    purpose: "sends a text or a PROXY protocol header before the data of a TCP connection",
    scenarios: &[Scenario {
        id: "S2",
        name: "s2_tcp_payload_from_tcp_prepend",
        title: "The upstream gets a text first: once, or before every chunk",
        run: payload,
    }],
};

fn payload(fixture: &Fixture, transcript: &mut Transcript) -> Result<()> {
    let arrives = |listener: &str| -> Result<String> {
        let address = fixture.envoy.address(listener)?;
        let client = || recorder::send(address, &[b"hello ", b"world"], PAUSE);
        let (answer, arrived) = fixture.recorder.record(client)?;
        ensure!(answer == recorder::RESPONSE, "the client received {:?}", answer.escape_ascii().to_string());
        Ok(String::from_utf8(arrived)?)
    };
    let plain = arrives(PLAIN_TCP)?;
    for (listener, configuration, expected) in [
        ("s2-tcp", "", format!("{PREPENDED}hello world")),
        ("s2-tcp-every-chunk", S2_EVERY_CHUNK, format!("{PREPENDED}hello {PREPENDED}world")),
    ] {
        let arrived = arrives(listener)?;
        transcript.configuration("tcp-prepend", configuration);
        transcript.exchange("TCP, two chunks: \"hello \" and \"world\"");
        transcript.line(format!("  without filters  the upstream gets {plain:?}"));
        transcript.line(format!("  with filters     the upstream gets {arrived:?}"));
        ensure!(arrived == expected, "the upstream received {arrived:?}, expected {expected:?}");
    }
    Ok(())
}
