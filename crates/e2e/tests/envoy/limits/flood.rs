//! Clients without number.

use std::time::Instant;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::load::{self, Counts};

use super::answered;

const CLIENTS: u32 = 1_000_000;

/// Connections that send at once.
const CONNECTIONS: u32 = 4;

/// What Envoy may grow by, beyond the table, which is there from the beginning.
const GROWTH: u64 = 4 * 1024 * 1024;

pub(super) fn a_million_clients(_: &Lab) -> Result<()> {
    let configuration = r#"{"rules": [{"name": "per-ip", "key": [{"client_ip": {}}], "limit": 2, "period": "1h"}],
                            "reply": {"body": ""}}"#;
    let limit = [Filter::new("rate-limit", configuration)];
    let bootstrap = Bootstrap::default().trusted_hops(1).routed("limited", &limit, &[answered()]);
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let one = || load::send(address, std::iter::repeat_n("192.0.2.1".to_owned(), 3));
    // Buffers and allocators have their size after these.
    flood(address, 0x0a00_0000, CLIENTS / 20)?;
    ensure!(
        one()? == Counts { ok: 2, limited: 1, other: 0 } || one()?.limited == 3,
        "the limit does not hold"
    );
    let (before, start) = (envoy.memory()?, Instant::now());
    let counts = flood(address, 0x0b00_0000, CLIENTS)?;
    let (grown, seconds) = (envoy.memory()?.saturating_sub(before), start.elapsed().as_secs_f64());
    let evictions = envoy.stat("wasmcustom.rate_limit.per-ip.evictions")?;
    println!(
        "a million clients: {counts:?} in {seconds:.0} s, {} KiB grown, {} evictions",
        grown / 1024,
        evictions.unwrap_or_default()
    );
    ensure!(counts.all() == u64::from(CLIENTS) && counts.other == 0, "{counts:?}");
    ensure!(grown < GROWTH, "Envoy grew by {grown} bytes");
    ensure!(one()?.limited == 3, "the limited client was let through after the flood");
    Ok(())
}

/// One request of each of so many clients, from this address on.
fn flood(address: std::net::SocketAddr, first: u32, clients: u32) -> Result<Counts> {
    let share = clients.checked_div(CONNECTIONS).unwrap_or_default();
    let senders = (0..CONNECTIONS).map(|connection| {
        let first = first.saturating_add(connection.saturating_mul(share));
        let addresses =
            (first..first.saturating_add(share)).map(|ip| std::net::Ipv4Addr::from(ip).to_string());
        std::thread::spawn(move || load::send(address, addresses))
    });
    let senders: Vec<_> = senders.collect();
    senders.into_iter().try_fold(Counts::default(), |all, sender| {
        Ok(all.and(sender.join().map_err(|_| anyhow::anyhow!("a client panicked"))??))
    })
}
