//! tcp-prepend's PROXY protocol headers, and those of Envoy's upstream transport socket.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64, Encoding};
use fastrand::Rng;
use harness::bootstrap::Bootstrap;
use harness::built;
use serde_json::{Value, json};

use crate::budget::Budget;
use crate::fixture::Fixture;
use crate::proxied::{TYPES, bytes, client, without_padding};

pub(crate) const NAME: &str = "preambles_are_those_of_envoys_transport_socket";

/// Configurations per round.
const SETS: usize = 6;

/// Connections per configuration.
const CONNECTIONS: usize = 8;

/// What both send.
#[derive(Debug)]
struct Preamble {
    version: u8,
    tlvs: Vec<(u8, Vec<u8>)>,
}

/// What a search did.
#[derive(Default)]
struct Tally {
    rounds: u64,
    connections: u64,
    without_merge: u64,
    padded: u64,
}

/// Searches until the budget is used up, or a difference is found.
pub(crate) fn run(fixture: &Fixture, budget: Budget) -> Result<()> {
    let mut tally = Tally::default();
    let result = budget.each(|seed| {
        tally.rounds += 1;
        let result = round(fixture, seed, &mut tally);
        result.with_context(|| {
            format!("round {} of {NAME}: repeat it with --rounds 1 --seed {seed}", tally.rounds)
        })
    });
    let Tally { rounds, connections, without_merge, padded } = tally;
    println!(
        "{NAME}: {rounds} rounds, {} configurations, {connections} clients with a header, {without_merge} of them also \
         with Envoy's listener filter before ours\n  {padded} with a listed difference: padding is not passed on",
        rounds.saturating_mul(SETS as u64)
    );
    result.with_context(|| fixture.log())
}

fn round(fixture: &Fixture, seed: u64, tally: &mut Tally) -> Result<()> {
    let mut random = Rng::with_seed(seed);
    let preambles: Vec<_> = (0..SETS).map(|_| preamble(&mut random)).collect();
    let names = fixture.replace(|bootstrap, name| {
        preambles.iter().enumerate().fold(bootstrap, |bootstrap, (index, preamble)| {
            let bootstrap = preamble.ours(bootstrap, &name("merging", index), true);
            // Listener filters apply to all listeners after them.
            let bootstrap = bootstrap.with_defaults().listener_filter(reader());
            let bootstrap = preamble.native(bootstrap, &name("native", index), fixture.recorder.address());
            preamble.ours(bootstrap, &name("ours", index), false).with_defaults()
        })
    })?;
    for (index, preamble) in preambles.iter().enumerate() {
        let address = |kind| fixture.address(&names, kind, index);
        for _ in 0..CONNECTIONS {
            let client = client(&mut random);
            let described = || format!("{preamble:?}\n{client:?}");
            let native = send(fixture, address("native")?, &client.bytes()).with_context(described)?;
            tally.padded += u64::from(native != without_padding(&native));
            let native = without_padding(&native);
            let merged = send(fixture, address("merging")?, &client.bytes()).with_context(described)?;
            same("with `merge`", &native, &merged).with_context(described)?;
            tally.connections += 1;
            if !client.has_tlvs {
                // Without `merge`, a client's TLVs are not passed on.
                let ours = send(fixture, address("ours")?, &client.bytes()).with_context(described)?;
                same("without `merge`", &native, &ours).with_context(described)?;
                tally.without_merge += 1;
            }
            // Envoy's listener filter reads what ours sent, and passes it on.
            let again = send(fixture, address("native")?, &merged).with_context(described)?;
            same("read by Envoy", &native, &again).with_context(described)?;
        }
    }
    Ok(())
}

fn same(what: &str, native: &[u8], ours: &[u8]) -> Result<()> {
    ensure!(
        native == ours,
        "{what}\n  Envoy's: {}\n  ours:    {}",
        native.escape_ascii(),
        ours.escape_ascii()
    );
    Ok(())
}

fn preamble(random: &mut Rng) -> Preamble {
    let version = if random.u8(..3) == 0 { 1 } else { 2 };
    let mut types = TYPES;
    random.shuffle(&mut types);
    let count = if version == 1 { 0 } else { random.usize(..4) };
    let tlvs = types.into_iter().take(count).map(|kind| (kind, bytes(random, 1)));
    Preamble { version, tlvs: tlvs.collect() }
}

impl Preamble {
    /// Adds a listener with our filter.
    fn ours(&self, bootstrap: Bootstrap, listener: &str, merges: bool) -> Bootstrap {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let tlvs =
            self.tlvs.iter().map(|(kind, value)| json!({"type": format!("0x{kind:02X}"), "hex": hex(value)}));
        let mut header = json!({"version": self.version});
        if self.version == 2 {
            header["tlvs"] = tlvs.collect();
        }
        if merges {
            header["merge"] = json!({"from": ["127.0.0.0/8"]});
        }
        let configuration = json!({"to_upstream": {"payload": {"proxy_protocol": header}}});
        bootstrap.tcp(listener, &[built::filter("tcp-prepend", &configuration.to_string())], "recorder")
    }

    /// Adds a listener with Envoy's transport socket.
    fn native(&self, bootstrap: Bootstrap, listener: &str, upstream: SocketAddr) -> Bootstrap {
        let tlvs = self
            .tlvs
            .iter()
            .map(|(kind, value)| json!({"type": kind, "value": Base64::encode_string(value)}));
        let mut config = json!({
            "version": if self.version == 1 { "V1" } else { "V2" },
            "pass_through_tlvs": {"match_type": "INCLUDE_ALL"},
        });
        if self.version == 2 {
            config["added_tlvs"] = tlvs.collect();
        }
        let socket = json!({
            "name": "envoy.transport_sockets.upstream_proxy_protocol",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
                "config": config,
                "transport_socket": {
                    "name": "envoy.transport_sockets.raw_buffer",
                    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"},
                },
            },
        });
        bootstrap.cluster_over(listener, upstream, &socket).tcp(listener, &[], listener)
    }
}

/// Envoy's listener filter, which reads clients' headers.
fn reader() -> Value {
    json!({
        "name": "envoy.filters.listener.proxy_protocol",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
            "pass_through_tlvs": {"match_type": "INCLUDE_ALL"},
        },
    })
}

/// Connects as a client, and returns what the upstream received. Half-closes when the upstream has accepted the connection: Envoy
/// resets a client that does so while its listener filters run.
fn send(fixture: &Fixture, listener: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>> {
    let before = fixture.recorder.accepted();
    let ((), received) = fixture.recorder.record(|| {
        let mut connection = TcpStream::connect(listener)?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.write_all(bytes)?;
        let start = Instant::now();
        while fixture.recorder.accepted() == before {
            ensure!(start.elapsed() < Duration::from_secs(10), "no connection arrived");
            std::thread::sleep(Duration::from_micros(200));
        }
        connection.shutdown(Shutdown::Write)?;
        connection.read_to_end(&mut Vec::new()).context("no end after the half-close")?;
        Ok(())
    })?;
    Ok(received)
}
