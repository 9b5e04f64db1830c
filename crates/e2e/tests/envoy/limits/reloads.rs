//! Configurations that change while traffic flows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::load::Counts;

use crate::route::direct_response;

/// Reloads in a row. They end before the first of their tables can be reused.
const RELOADS: u32 = 100;

/// The time between two requests of the client that sends throughout.
const INTERVAL: Duration = Duration::from_millis(2);

/// The time until the tables of earlier configurations can be reused.
const PAUSE: Duration = Duration::from_secs(7);

/// The most bytes by which Envoy may grow in the second half: less than half of what new tables would take.
const GROWTH: u64 = 12 * 1024 * 1024;

/// The time until Envoy has removed the last of the old listeners.
const DRAIN: Duration = Duration::from_secs(3);

/// Configures a rule that stays, and one that each reload changes.
fn configuration(changing: u32) -> Bootstrap {
    let rules = format!(
        r#"{{"rules": [
            {{"name": "stays", "key": [{{"header": "x-stays"}}], "limit": 1, "period": "1d"}},
            {{"name": "changes", "key": [{{"header": "x-changes"}}], "limit": 1, "period": "{changing}h"}}
        ]}}"#
    );
    Bootstrap::default().routed("limited", &[built::filter("rate-limit", &rules)], &[direct_response()])
}

pub(super) fn two_hundred(_: &Fixture) -> Result<()> {
    let envoy = Envoy::start_watching(&configuration(1))?;
    let address = envoy.address("limited")?;
    let status =
        |header: &str| Ok::<_, anyhow::Error>(Request::get("/").header(header, "a").send(address)?.status);
    ensure!(
        [status("x-stays")?, status("x-stays")?] == [200, 429],
        "a limit of one must limit the second request"
    );
    let done = Arc::new(AtomicBool::new(false));
    let traffic = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || traffic(address, &done))
    };
    let mut settled = 0;
    for reload in 2..=2 * RELOADS {
        envoy.reload(&configuration(reload))?;
        let found = (status("x-stays")?, status("x-changes")?, status("x-changes")?);
        ensure!(found == (429, 200, 429), "after reload {reload}: statuses {found:?}");
        if reload == RELOADS {
            std::thread::sleep(PAUSE);
            settled = envoy.memory()?;
        }
    }
    done.store(true, Ordering::Relaxed);
    let counts = traffic.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    std::thread::sleep(DRAIN);
    let grown = envoy.memory()?.saturating_sub(settled);
    println!(
        "rate-limit: {} reloads, {counts:?} meanwhile; Envoy grew by {} KiB in the second half",
        2 * RELOADS,
        grown / 1024
    );
    ensure!(
        counts.other == 0 && counts.ok == 0,
        "every request of the limited client must get 429: {counts:?}"
    );
    ensure!(grown < GROWTH, "Envoy grew by {grown} bytes");
    Ok(())
}

/// Sends requests of a limited client, each on a connection of its own, until `done`.
fn traffic(address: SocketAddr, done: &AtomicBool) -> Result<Counts> {
    let mut counts = Counts::default();
    while !done.load(Ordering::Relaxed) {
        let response = Request::get("/").header("x-stays", "a").send(address).context("a request failed")?;
        let one = match response.status {
            200 => Counts { ok: 1, ..Counts::default() },
            429 => Counts { limited: 1, ..Counts::default() },
            _ => Counts { other: 1, ..Counts::default() },
        };
        counts = counts.plus(one);
        std::thread::sleep(INTERVAL);
    }
    Ok(counts)
}
