//! A module that Envoy fetches (`code.remote`).

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail, ensure};
use harness::Envoy;
use harness::absent::Absent;
use harness::bootstrap::Bootstrap;
use serde_json::Value;

use crate::deliveries::{new_configuration, refused_configuration};
use crate::plugins::{RELOAD, Row, TIMEOUT, filter, local, plugin, seen, settled, with};
use crate::server::{Server, remote, with_sum};

/// How long the server takes.
const DELAY: Duration = Duration::from_secs(2);

/// When the server has got the request, and has not responded.
const UNDERWAY: Duration = Duration::from_millis(200);

/// What happens while Envoy tries to fetch.
const UNTIL_SECOND: &str = "as above, until the second attempt";

/// Returns the table.
pub(crate) fn table() -> Result<String> {
    let runs: [fn() -> Result<Vec<Row>>; 6] =
        [at_start, server_down, new_listener, refused_listener, new_configuration, refused_configuration];
    let rows = thread::scope(|scope| {
        let threads = runs.map(|run| scope.spawn(run));
        threads.map(|thread| thread.join().unwrap_or_else(|_| bail!("the test panicked")))
    });
    let mut table = "\n### A module is fetched, or a configuration is delivered on its own\n\n\
        | | at first | in the end |\n|---|---|---|\n"
        .to_owned();
    for rows in rows {
        for (situation, first, end) in rows? {
            table += &format!("| {situation} | {first} | {end} |\n");
        }
    }
    Ok(table)
}

/// Envoy starts while the server takes its time.
fn at_start() -> Result<Vec<Row>> {
    let (server, start) = (Server::start(DELAY)?, Instant::now());
    let bootstrap = server.cluster(Bootstrap::default());
    // Returns when Envoy is ready.
    let envoy = Envoy::start(&with(bootstrap, "a", filter(plugin("the", RELOAD, &remote()?))))?;
    ensure!(start.elapsed() > DELAY, "Envoy did not wait for the module");
    let first = "Envoy is not ready".into();
    Ok(vec![("Envoy starts, the server responds late", first, seen(&envoy, "a")?)])
}

/// Envoy starts while the server is down, or has another module.
fn server_down() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (situation, policy) in [
        ("Envoy starts, the server is down, `FAIL_CLOSED`", "FAIL_CLOSED"),
        ("the same with `FAIL_RELOAD`", RELOAD),
        ("the same with `FAIL_OPEN`", "FAIL_OPEN"),
    ] {
        let absent = Absent::new()?;
        let bootstrap = Bootstrap::default().cluster("modules", absent.address);
        rows.push(failed(situation, policy, bootstrap, &remote()?)?);
    }
    let server = Server::start(Duration::ZERO)?;
    let other = with_sum(&"0".repeat(64));
    let situation = "Envoy starts, the module has another `sha256`";
    rows.push(failed(situation, RELOAD, server.cluster(Bootstrap::default()), &other)?);
    ensure!(server.requests() == 2, "Envoy sent {} requests, expected two", server.requests());
    Ok(rows)
}

fn failed(situation: &'static str, policy: &str, bootstrap: Bootstrap, code: &Value) -> Result<Row> {
    let envoy = Envoy::start(&with(bootstrap, "a", filter(plugin("the", policy, code))))?;
    envoy.wait_for_log("Plugin the failed to load")?;
    Ok((situation, UNTIL_SECOND.into(), seen(&envoy, "a")?))
}

/// A listener is replaced by one whose module is fetched.
fn new_listener() -> Result<Vec<Row>> {
    let (slow, absent) = (Server::start(DELAY)?, Absent::new()?);
    let down = Bootstrap::default().cluster("modules", absent.address);
    let (bootstrap, old) = (slow.cluster(Bootstrap::default()), filter(plugin("old", RELOAD, &local())));
    let new = with(bootstrap.clone(), "a", filter(plugin("new", RELOAD, &remote()?)));
    let envoy = Envoy::start_watching(&with(bootstrap, "a", old.clone()))?;
    let (first, reloaded) = thread::scope(|scope| {
        let reload = scope.spawn(|| envoy.reload(&new));
        thread::sleep(UNDERWAY);
        (seen(&envoy, "a"), reload.join().unwrap_or_else(|_| bail!("the test panicked")))
    });
    reloaded?;
    let end = settled(|| seen(&envoy, "a"), "200, old filter")?;
    let responds = ("a new listener (LDS), the server responds late", first?, end);

    let envoy = Envoy::start_watching(&with(down.clone(), "a", old))?;
    envoy.reload(&with(down, "a", filter(plugin("new", RELOAD, &remote()?))))?;
    let end = settled(|| seen(&envoy, "a"), "200, old filter")?;
    Ok(vec![responds, ("a new listener (LDS), the server is down", UNTIL_SECOND.into(), end)])
}

/// A listener is replaced by one whose module must be there already.
fn refused_listener() -> Result<Vec<Row>> {
    let server = Server::start(Duration::ZERO)?;
    let bootstrap = server.cluster(Bootstrap::default());
    let new = |policy| {
        let mut plugin = plugin("new", policy, &remote()?);
        plugin["config"]["vm_config"]["nack_on_code_cache_miss"] = true.into();
        Ok::<_, Error>(with(bootstrap.clone(), "a", filter(plugin)))
    };
    let envoy =
        Envoy::start_watching(&with(bootstrap.clone(), "a", filter(plugin("old", RELOAD, &local()))))?;
    ensure!(envoy.reload(&new(RELOAD)?).is_err(), "Envoy accepts a listener without its module");
    envoy.wait_for_log("Unable to create Wasm plugin new")?;
    let first = format!("{}; Envoy refuses the listener", seen(&envoy, "a")?);
    let start = Instant::now();
    while envoy.stat("wasm.remote_load_fetch_successes")? != Some(1) {
        ensure!(start.elapsed() < TIMEOUT, "Envoy does not fetch the module");
        thread::sleep(Duration::from_millis(20));
    }
    // Envoy takes no notice of a listener that it has refused and that does not differ.
    envoy.reload(&new("FAIL_CLOSED")?)?;
    let end = settled(|| seen(&envoy, "a"), "200, old filter")?;
    let situation = "a new listener (LDS) with `nack_on_code_cache_miss: true`";
    Ok(vec![(situation, first, format!("{end}, when it is sent again"))])
}
