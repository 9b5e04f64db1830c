//! Plugins with one namespace and different rules, as in a fleet where all plugins have the same name.

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;

use crate::route::direct_response;

const WORKERS: u32 = 4;

/// The requests that each rule admits.
const BURST: usize = 10;

/// Configures a filter that admits [`BURST`] requests and hardly any later. Each number gives a different rule.
fn limit(number: usize) -> Filter {
    let rule = format!(r#"{{"key": [], "limit": 1, "period": "{}h", "burst": {BURST}}}"#, number + 1);
    built::filter("rate-limit", &format!(r#"{{"namespace": "fleet", "rules": [{rule}]}}"#))
}

fn listener(number: usize) -> String {
    format!("listener-{number}")
}

fn configuration(numbers: impl Iterator<Item = (usize, usize)>) -> Bootstrap {
    numbers.fold(Bootstrap::default().workers(WORKERS), |bootstrap, (name, rule)| {
        bootstrap.routed(&listener(name), &[limit(rule)], &[direct_response()])
    })
}

/// Sends requests at once, each on a connection of its own, and returns how many pass.
fn admitted(envoy: &Envoy, number: usize, requests: usize) -> Result<usize> {
    let address = envoy.address(&listener(number))?;
    let clients: Vec<_> =
        (0..requests).map(|_| std::thread::spawn(move || Request::get("/").send(address))).collect();
    let mut passed = 0;
    for client in clients {
        match client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??.status {
            200 => passed += 1,
            429 => {}
            status => anyhow::bail!("unexpected status {status}"),
        }
    }
    Ok(passed)
}

pub(super) fn twenty(_: &Fixture) -> Result<()> {
    for count in [5, 20] {
        let envoy = Envoy::start(&configuration((0..count).zip(0..)))?;
        // In turn, so that each plugin still has tokens when the others get requests.
        let mut passed = vec![0; count];
        for _ in 0..4 {
            for (number, passed) in passed.iter_mut().enumerate() {
                *passed += admitted(&envoy, number, BURST - 2)?;
            }
        }
        ensure!(
            passed.iter().all(|passed| *passed == BURST),
            "{count} plugins, each with a burst of {BURST}, admitted {passed:?}"
        );
    }
    Ok(())
}

pub(super) fn reloaded(_: &Fixture) -> Result<()> {
    let with_other = |rule| configuration([(0, 0), (1, rule)].into_iter());
    let envoy = Envoy::start_watching(&with_other(1))?;
    let mut passed = admitted(&envoy, 0, BURST - 2)?;
    for rule in 2..40 {
        envoy.reload(&with_other(rule))?;
        let other = admitted(&envoy, 1, BURST + 2)?;
        ensure!(other == BURST, "rule {rule} admitted {other}, expected {BURST}");
        passed += admitted(&envoy, 0, 3)?;
    }
    ensure!(passed == BURST, "the plugin that stays admitted {passed}, expected {BURST}");
    Ok(())
}
