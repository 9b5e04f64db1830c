//! More clients than a table has slots.

use std::time::Instant;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::load::{self, Counts};

use crate::route::direct_response;

/// Twelve times the slots of a table.
const CLIENTS: u32 = 100_000;

/// Clients before the measured ones, so that the table is full and Envoy's buffers have grown.
const WARM_UP: u32 = 20_000;

/// Connections that send at once.
const CONNECTIONS: u32 = 4;

/// The most bytes by which Envoy may grow: five for each client.
const GROWTH: u64 = 512 * 1024;

pub(super) fn many_clients(_: &Fixture) -> Result<()> {
    let configuration = r#"{"rules": [{"name": "per-ip", "key": [{"client_ip": {}}], "limit": 2, "period": "1h"}],
                            "reply": {"body": ""}}"#;
    let limit = [built::filter("rate-limit", configuration)];
    let bootstrap = Bootstrap::default().trusted_hops(1).routed("limited", &limit, &[direct_response()]);
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let one = || load::send(address, std::iter::repeat_n("192.0.2.1".to_owned(), 3));
    flood(address, 0x0a00_0000, WARM_UP)?;
    // In a full table, a new client may take over a bucket that is not full, and so be limited early.
    let requests = one()?.plus(one()?);
    ensure!(requests.limited >= 4 && requests.other == 0, "the limit is 2: {requests:?}");
    let (before, start) = (envoy.memory()?, Instant::now());
    let counts = flood(address, 0x0b00_0000, CLIENTS)?;
    let (growth, elapsed) = (envoy.memory()?.saturating_sub(before), start.elapsed());
    let evictions = envoy.count("wasmcustom.rate_limit.evictions.filter.limited-rate-limit.rule.per-ip")?;
    println!(
        "rate-limit: {CLIENTS} clients in {elapsed:.1?}: {counts:?}, {evictions} evictions, Envoy grew by {} KiB",
        growth / 1024
    );
    ensure!(counts.total() == u64::from(CLIENTS) && counts.other == 0, "{counts:?}");
    ensure!(growth < GROWTH, "Envoy grew by {growth} bytes");
    ensure!(one()?.limited == 3, "the flood freed a limited client");
    Ok(())
}

/// Sends one request for each of `clients` addresses, from `first` on.
fn flood(address: std::net::SocketAddr, first: u32, clients: u32) -> Result<Counts> {
    let share = clients.checked_div(CONNECTIONS).unwrap_or_default();
    let senders = (0..CONNECTIONS).map(|connection| {
        let first = first.saturating_add(connection.saturating_mul(share));
        let addresses =
            (first..first.saturating_add(share)).map(|ip| std::net::Ipv4Addr::from(ip).to_string());
        std::thread::spawn(move || load::send(address, addresses))
    });
    let senders: Vec<_> = senders.collect();
    senders.into_iter().try_fold(Counts::default(), |sum, sender| {
        Ok(sum.plus(sender.join().map_err(|_| anyhow::anyhow!("a client panicked"))??))
    })
}
