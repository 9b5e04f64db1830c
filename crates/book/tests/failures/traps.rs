//! A filter traps: it panics, runs out of memory, or executes another instruction that WebAssembly refuses.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::parts;
use harness::recorder::{self, Recorder};
use serde_json::json;

use crate::plugins;

/// The policies: fields of the plugin and their values. Envoy Gateway sets the old field `fail_open`.
const POLICIES: [(&str, &str); 5] = [
    ("failure_policy", "UNSPECIFIED"),
    ("failure_policy", "FAIL_CLOSED"),
    ("failure_policy", "FAIL_OPEN"),
    ("fail_open", "true"),
    ("failure_policy", "FAIL_RELOAD"),
];

/// Longer than the interval at which Envoy restarts a filter, one second and a random part of half a second.
const LONGER_THAN_THE_INTERVAL: Duration = Duration::from_secs(2);

/// How long to wait for a filter to work again.
const PATIENCE: Duration = Duration::from_secs(4);

/// What Envoy logs.
const LOGGED: &str = "Function: proxy_on_request_headers failed: Uncaught RuntimeError: unreachable";

/// What a request or a connection gets if nothing fails.
const WORKS: [&str; 2] = ["200", "passes"];

/// Returns the tables, and what Envoy reports.
pub(crate) fn table() -> Result<String> {
    let recorder = Recorder::start()?;
    // One worker has one VM for each listener.
    let bootstrap = Bootstrap::default().workers(1).cluster("recorder", recorder.address());
    let bootstrap = POLICIES.into_iter().fold(bootstrap, |bootstrap, (field, policy)| {
        let value = if policy == "true" { json!(true) } else { json!(policy) };
        let probe = Filter::new("probe", &parts::test_modules().join("probe.wasm"), "").option(field, value);
        let (tcp, http) = (of_tcp(policy), probe.clone().named(policy, policy));
        plugins::with(bootstrap, policy, http).tcp(&tcp, &[probe.named(&tcp, &tcp)], "recorder")
    });
    let envoy = Envoy::start(&bootstrap)?;
    thread::sleep(LONGER_THAN_THE_INTERVAL);
    let requests = rows(WORKS[0], &|policy, traps| {
        let command = if traps { "request headers: trap" } else { "request headers: nothing" };
        let request = Request::get("/").header("x-command", command);
        Ok(envoy.send(policy, &request)?.status.to_string())
    })?;
    envoy.wait_for_log(LOGGED)?;
    let reported = reported(&envoy)?;
    let connections = rows(WORKS[1], &|policy, traps| {
        let data: &[u8] = if traps { b"trap" } else { b"data" };
        // The client may see a closed connection as an error.
        let response = recorder::send(envoy.address(&of_tcp(policy))?, &[data], Duration::ZERO);
        Ok(if response.unwrap_or_default().is_empty() { "closed".into() } else { WORKS[1].into() })
    })?;
    Ok(format!(
        "\n### A filter traps\n\n\
         | policy | the request that traps | the next | a second trap, at once | later |\n\
         |---|---|---|---|---|\n\
         {requests}\n\
         | policy | the connection that traps | the next | a second trap, at once | later |\n\
         |---|---|---|---|---|\n\
         {connections}\n\
         In Envoy's log:\n\n```text\n[error][wasm] {LOGGED}\n```\n\
         {reported}"
    ))
}

/// Returns the name of the TCP listener with a policy.
fn of_tcp(policy: &str) -> String {
    format!("tcp {policy}")
}

/// What a request or a connection to the listener of a policy gets, with or without a trap.
type Send<'a> = &'a (dyn Fn(&str, bool) -> Result<String> + Sync);

/// Returns a row for each policy.
fn rows(works: &str, send: Send<'_>) -> Result<String> {
    // At once, because some never work again.
    thread::scope(|scope| {
        let threads = POLICIES.map(|(field, policy)| {
            scope.spawn(move || Ok(format!("| `{field}: {policy}` | {} |\n", row(policy, works, send)?)))
        });
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("the test panicked")))
            .collect()
    })
}

fn row(policy: &str, works: &str, send: Send<'_>) -> Result<String> {
    ensure!(send(policy, false)? == works, "{policy}: the filter fails before it traps");
    let (first, next) = (send(policy, true)?, send(policy, false)?);
    let (second, start) = (send(policy, true)?, Instant::now());
    let at_once = send(policy, false)?;
    let mut later = at_once.clone();
    while later != works && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
        later = send(policy, false)?;
    }
    if at_once != works && later == works {
        ensure!(start.elapsed() > Duration::from_millis(500), "{policy} restarts at once");
        later += ", after about a second";
    }
    Ok(format!("{first} | {next} | {second}, the next {at_once} | {later}"))
}

/// Returns the counters of the filter that Envoy restarted, as Prometheus sees them.
fn reported(envoy: &Envoy) -> Result<String> {
    let response = Request::get("/stats/prometheus").send(envoy.admin())?;
    let text = String::from_utf8_lossy(&response.body);
    let of_filter = |line: &&str| line.starts_with("envoy_wasm_FAIL_RELOAD_vm_reload");
    let mut lines: Vec<_> = text.lines().filter(of_filter).collect();
    lines.sort_unstable();
    let refused =
        lines.iter().find_map(|line| line.strip_prefix("envoy_wasm_FAIL_RELOAD_vm_reload_backoff{} "));
    // How many depends on how fast the requests were.
    ensure!(refused.is_some_and(|refused| refused != "0"), "no request waited for a restart: {lines:?}");
    lines.retain(|line| !line.contains("_backoff{"));
    Ok(format!(
        "\nIn `/stats/prometheus`, of the plugin `FAIL_RELOAD`:\n\n```text\n{}\n```\n",
        lines.join("\n")
    ))
}
