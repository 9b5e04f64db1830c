//! Configurations that change while traffic flows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use harness::load::Counts;

use super::answered;

/// Reloads in a row, which are over before the first of their tables may be used again.
const RELOADS: u32 = 100;

/// Until their tables may be used again.
const PAUSE: Duration = Duration::from_secs(7);

/// What Envoy may grow by when as many reloads follow: less than half of what new tables would take.
const GROWTH: u64 = 12 * 1024 * 1024;

/// A rule that stays as it is, and one that every reload changes.
fn configuration(changing: u32) -> Bootstrap {
    let rules = format!(
        r#"{{"rules": [
            {{"name": "stays", "key": [{{"header": "x-stays"}}], "limit": 1, "period": "1d"}},
            {{"name": "changes", "key": [{{"header": "x-changes"}}], "limit": 1, "period": "{changing}h"}}
        ]}}"#
    );
    Bootstrap::default().routed("limited", &[Filter::new("rate-limit", &rules)], &[answered()])
}

pub(super) fn two_hundred(_: &Lab) -> Result<()> {
    let envoy = Envoy::start_watching(&configuration(1))?;
    let address = envoy.address("limited")?;
    let status =
        |header: &str| Ok::<_, anyhow::Error>(Request::get("/").header(header, "a").send(address)?.status);
    ensure!([status("x-stays")?, status("x-stays")?] == [200, 429], "the limit does not hold");
    let done = Arc::new(AtomicBool::new(false));
    let traffic = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || traffic(address, &done))
    };
    let mut settled = 0;
    for reload in 2..=2 * RELOADS {
        envoy.reload(&configuration(reload))?;
        let found = (status("x-stays")?, status("x-changes")?, status("x-changes")?);
        ensure!(found == (429, 200, 429), "after reload {reload}: {found:?}");
        if reload == RELOADS {
            settled = envoy.memory()?;
            std::thread::sleep(PAUSE);
        }
    }
    done.store(true, Ordering::Relaxed);
    let counts = traffic.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    let grown = envoy.memory()?.saturating_sub(settled);
    println!(
        "{} reloads: {counts:?} in the meantime, {} KiB grown in the second half",
        2 * RELOADS,
        grown / 1024
    );
    ensure!(counts.other == 0 && counts.ok == 0, "requests failed, or passed: {counts:?}");
    ensure!(grown < GROWTH, "Envoy grew by {grown} bytes");
    Ok(())
}

/// A limited client that asks all the time, on a connection of its own each time.
fn traffic(address: SocketAddr, done: &AtomicBool) -> Result<Counts> {
    let mut counts = Counts::default();
    while !done.load(Ordering::Relaxed) {
        let response = Request::get("/").header("x-stays", "a").send(address).context("a request failed")?;
        let one = match response.status {
            200 => Counts { ok: 1, ..Counts::default() },
            429 => Counts { limited: 1, ..Counts::default() },
            _ => Counts { other: 1, ..Counts::default() },
        };
        counts = counts.and(one);
    }
    Ok(counts)
}
