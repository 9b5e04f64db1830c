//! A filter traps: it panics, runs out of memory, or executes another instruction that WebAssembly refuses.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::parts;
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

/// What Envoy logs.
const LOGGED: &str = "Function: proxy_on_request_headers failed: Uncaught RuntimeError: unreachable";

/// Returns the table, and what Envoy reports.
pub(crate) fn table() -> Result<String> {
    // One worker has one VM for each listener.
    let bootstrap =
        POLICIES.into_iter().fold(Bootstrap::default().workers(1), |bootstrap, (field, policy)| {
            let filter = Filter::new("probe", &parts::test_modules().join("probe.wasm"), "");
            let value = if policy == "true" { json!(true) } else { json!(policy) };
            plugins::with(bootstrap, policy, filter.named(policy, policy).option(field, value))
        });
    let envoy = Envoy::start(&bootstrap)?;
    thread::sleep(LONGER_THAN_THE_INTERVAL);
    let mut table = "\n### A filter traps\n\n\
        | policy | the request that traps | the next | a second trap, at once | later |\n\
        |---|---|---|---|---|\n"
        .to_owned();
    for (field, policy) in POLICIES {
        table += &format!("| `{field}: {policy}` | {} |\n", row(&envoy, policy)?);
    }
    envoy.wait_for_log(LOGGED)?;
    table += &format!("\nIn Envoy's log:\n\n```text\n[error][wasm] {LOGGED}\n```\n");
    Ok(table + &reported(&envoy)?)
}

fn row(envoy: &Envoy, policy: &str) -> Result<String> {
    let send = |command| {
        let request = Request::get("/").header("x-command", command);
        Ok::<_, anyhow::Error>(envoy.send(policy, &request)?.status)
    };
    let [nothing, trap] = ["request headers: nothing", "request headers: trap"];
    ensure!(send(nothing)? == 200, "{policy}: the filter fails before it traps");
    let (first, next) = (send(trap)?, send(nothing)?);
    let (second, start) = (send(trap)?, Instant::now());
    let at_once = send(nothing)?;
    let mut later = at_once;
    while later != 200 && start.elapsed() < 2 * LONGER_THAN_THE_INTERVAL {
        thread::sleep(Duration::from_millis(20));
        later = send(nothing)?;
    }
    let is_after_a_second = at_once == 503 && later == 200;
    ensure!(!is_after_a_second || start.elapsed() > Duration::from_millis(500), "{policy} restarts at once");
    let later = if is_after_a_second { "200, within two seconds".into() } else { later.to_string() };
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
