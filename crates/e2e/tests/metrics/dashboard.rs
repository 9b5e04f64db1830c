//! The dashboard.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::prometheus::{Prometheus, directory};
use serde_json::Value;

use crate::alerts;
use crate::scenario::Scenario;

/// What Grafana puts in place of its variables.
const VARIABLES: [(&str, &str); 3] = [("$__rate_interval", "20s"), ("$instance", ".*"), ("$filter", ".*")];

/// How long Prometheus may take until it has scraped twice.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks what Grafana would show as an error or as a mess: ids, places, and references between panels and variables.
pub(crate) fn consistent() -> Result<()> {
    let dashboard = read()?;
    let field =
        |value: &Value, name: &str| value[name].as_u64().with_context(|| format!("no `{name}`: {value}"));
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels(&dashboard)? {
        ensure!(ids.insert(field(panel, "id")?), "two panels have the id {}", panel["id"]);
        let place = &panel["gridPos"];
        let (x, y) = (field(place, "x")?, field(place, "y")?);
        let (right, bottom) = (x.saturating_add(field(place, "w")?), y.saturating_add(field(place, "h")?));
        ensure!(right <= 24, "`{}` is wider than the grid", panel["title"]);
        for cell in (y..bottom).flat_map(|y| (x..right).map(move |x| (x, y))) {
            ensure!(taken.insert(cell), "`{}` covers another panel", panel["title"]);
        }
        let is_row = panel["type"] == "row";
        ensure!(is_row || panel["description"].is_string(), "`{}` has no description", panel["title"]);
        let targets = panel["targets"].as_array();
        ensure!(is_row == targets.is_none(), "`{}` has no queries", panel["title"]);
        let mut names = BTreeSet::new();
        for target in targets.into_iter().flatten() {
            ensure!(names.insert(target["refId"].to_string()), "two queries are {}", target["refId"]);
            ensure!(target["datasource"] == panel["datasource"], "`{}` has two data sources", panel["title"]);
            ensure!(target["datasource"]["uid"] == "${datasource}", "{}", target["datasource"]);
        }
    }
    let variables =
        dashboard.pointer("/templating/list").and_then(Value::as_array).context("no variables")?;
    let defined: Vec<_> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    ensure!(defined == ["datasource", "instance", "filter"], "{defined:?}");
    for query in expressions(&dashboard)? {
        ensure!(!filled(&query).contains('$'), "`{query}` has an unknown variable");
    }
    Ok(())
}

/// Runs Prometheus with Envoys that do everything. Every query of the dashboard returns data, and every metric of an alert
/// exists.
pub(crate) fn queries() -> Result<()> {
    let scenario = Scenario::start()?;
    let prometheus = Prometheus::start(&[scenario.envoy.admin(), scenario.refusing.envoy.admin()])?;
    // A rate needs a value from before the requests.
    eventually(|| has_series(&prometheus, "rate_limit_limited"))?;
    scenario.send()?;
    eventually(|| {
        Ok(total(&prometheus, "rate_limit_limited")? > 0.0
            && total(&prometheus, "tcp_prepend_missing")? > 0.0)
    })?;

    for query in expressions(&read()?)? {
        eventually(|| Ok(prometheus.query(&filled(&query))?.iter().any(|sample| !sample.value.is_nan())))
            .with_context(|| format!("no data: {query}"))?;
    }
    for expression in alerts::expressions()? {
        prometheus.query(&expression)?;
        for name in metric_names(&expression) {
            ensure!(has_series(&prometheus, name)?, "an alert reads `{name}`, which no Envoy shows");
        }
    }
    for (query, expected) in [
        (r#"sum(rate_limit_limited{filter="limits", rule="per-ip"})"#, 1.0),
        (r#"sum(rate_limit_exempt{filter="limits"})"#, 3.0),
        (r#"sum(rate_limit_global_error{filter="global"})"#, 3.0),
        (r#"sum(path_rewrite_unsafe{rule="2"})"#, 3.0),
        (r#"sum(path_rewrite_redirected{rule="1"})"#, 3.0),
        (r#"sum(add_header_skipped{rule="request-0"})"#, 9.0),
        ("sum(envoy_listener_manager_lds_update_rejected)", 1.0),
    ] {
        eventually(|| Ok(total(&prometheus, query)? == expected)).with_context(|| {
            format!("`{query}` is not {expected}: {:?}\n{}", prometheus.query(query), prometheus.last_lines())
        })?;
    }
    for query in ["rate_limit_evictions", r#"envoy_wasm_vm_reload_success{filter="FAIL_RELOAD"}"#] {
        eventually(|| Ok(total(&prometheus, query)? > 0.0)).with_context(|| format!("`{query}` is 0"))?;
    }
    Ok(())
}

fn has_series(prometheus: &Prometheus, name: &str) -> Result<bool> {
    Ok(!prometheus.query(name)?.is_empty())
}

fn total(prometheus: &Prometheus, query: &str) -> Result<f64> {
    Ok(prometheus.query(query)?.iter().map(|sample| sample.value).sum())
}

fn eventually(holds: impl Fn() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !holds()? {
        ensure!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Returns the names of the metrics in an expression.
fn metric_names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let prefixes = ["envoy_wasm_", "envoy_listener_", "envoy_http_downstream_", "envoy_cluster_upstream_"];
    let ours = ["rate_limit_", "path_rewrite_", "add_header_", "tcp_prepend_"];
    words.filter(|word| prefixes.iter().chain(&ours).any(|prefix| word.starts_with(prefix))).collect()
}

fn filled(query: &str) -> String {
    VARIABLES.iter().fold(query.to_owned(), |query, (name, value)| query.replace(name, value))
}

fn read() -> Result<Value> {
    let path = directory().join("dashboard.json");
    serde_json::from_str(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())
}

fn panels(dashboard: &Value) -> Result<&Vec<Value>> {
    dashboard["panels"].as_array().context("no panels")
}

fn expressions(dashboard: &Value) -> Result<Vec<String>> {
    let targets = panels(dashboard)?.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<_> = targets.filter_map(|target| Some(target["expr"].as_str()?.to_owned())).collect();
    ensure!(queries.len() > 15, "only {} queries", queries.len());
    Ok(queries)
}
