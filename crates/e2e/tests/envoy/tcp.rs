//! tcp-prepend: order, completeness, half-close.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::recorder::{self, Recorder};

use crate::Case;

pub(crate) const TESTS: [Case; 2] = [
    ("tcp_bytes_arrive_in_order_behind_the_prefix", in_order),
    ("a_tcp_client_that_sends_nothing_gets_no_prefix", nothing),
];

const PREFIX: &[u8] = b"prefix:";

fn start() -> Result<(Envoy, Recorder)> {
    let recorder = Recorder::start()?;
    let filter = Filter::new("tcp-prepend", r#"{"to_upstream": {"payload": {"text": "prefix:"}}}"#);
    let bootstrap =
        Bootstrap::default().cluster("recorder", recorder.address()).tcp("tcp", &[filter], "recorder");
    Ok((Envoy::start(&bootstrap)?, recorder))
}

/// 4 MiB in uneven chunks; the answer comes after the half-close, so that survived too.
fn in_order(_: &Lab) -> Result<()> {
    let (envoy, recorder) = start()?;
    let bytes: Vec<u8> = (0..1 << 20_u32).flat_map(u32::to_le_bytes).collect();
    let chunks: Vec<_> = bytes.chunks(65_537).collect();
    let answer = recorder::send(envoy.address("tcp")?, &chunks, Duration::ZERO)?;
    let arrived = recorder.next()?;
    ensure!(arrived.strip_prefix(PREFIX) == Some(&bytes), "{} bytes arrived, not in order", arrived.len());
    ensure!(answer == recorder::ANSWER, "the answer got lost behind the half-close");
    Ok(())
}

fn nothing(_: &Lab) -> Result<()> {
    let (envoy, recorder) = start()?;
    let answer = recorder::send(envoy.address("tcp")?, &[], Duration::ZERO)?;
    ensure!(recorder.next()?.is_empty(), "the upstream got a prefix for nothing");
    ensure!(answer == recorder::ANSWER, "the answer got lost behind the half-close");
    Ok(())
}
