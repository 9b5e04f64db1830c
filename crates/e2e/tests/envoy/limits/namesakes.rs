//! Plugins with the same namespace and different rules, as in a fleet whose plugins all have one name.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;

use super::answered;

const WORKERS: u32 = 4;

/// What each rule admits.
const BURST: usize = 10;

/// So many tokens at once, of which next to none comes back; each number makes another rule.
fn limit(number: usize) -> Filter {
    let rule = format!(r#"{{"key": [], "limit": 1, "period": "{}h", "burst": {BURST}}}"#, number + 1);
    Filter::new("rate-limit", &format!(r#"{{"namespace": "fleet", "rules": [{rule}]}}"#))
}

fn listener(number: usize) -> String {
    format!("listener-{number}")
}

fn configuration(numbers: impl Iterator<Item = (usize, usize)>) -> Bootstrap {
    numbers.fold(Bootstrap::default().workers(WORKERS), |bootstrap, (name, rule)| {
        bootstrap.routed(&listener(name), &[limit(rule)], &[answered()])
    })
}

/// How many of so many requests pass, each on a connection of its own.
fn admitted(envoy: &Envoy, number: usize, requests: usize) -> Result<usize> {
    let address = envoy.address(&listener(number))?;
    let clients: Vec<_> =
        (0..requests).map(|_| std::thread::spawn(move || Request::get("/").send(address))).collect();
    let mut passed = 0;
    for client in clients {
        match client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??.status {
            200 => passed += 1,
            429 => {}
            status => anyhow::bail!("{status}"),
        }
    }
    Ok(passed)
}

pub(super) fn twenty(_: &Lab) -> Result<()> {
    for count in [5, 20] {
        let envoy = Envoy::start(&configuration((0..count).zip(0..)))?;
        // In turns, so that each has some left when the others come.
        let mut passed = vec![0; count];
        for _ in 0..4 {
            for (number, passed) in passed.iter_mut().enumerate() {
                *passed += admitted(&envoy, number, BURST - 2)?;
            }
        }
        ensure!(passed.iter().all(|passed| *passed == BURST), "of {count} plugins: {passed:?}");
    }
    Ok(())
}

pub(super) fn reloaded(_: &Lab) -> Result<()> {
    let with_other = |rule| configuration([(0, 0), (1, rule)].into_iter());
    let envoy = Envoy::start_watching(&with_other(1))?;
    let mut passed = admitted(&envoy, 0, BURST - 2)?;
    for rule in 2..40 {
        envoy.reload(&with_other(rule))?;
        let other = admitted(&envoy, 1, BURST + 2)?;
        ensure!(other == BURST, "rule {rule} admitted {other}");
        passed += admitted(&envoy, 0, 3)?;
    }
    ensure!(passed == BURST, "the plugin that stays admitted {passed}");
    Ok(())
}
