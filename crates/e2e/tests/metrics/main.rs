//! Tests the names and labels of the filters' metrics in a real Envoy, and the files of `deploy/grafana` with a real
//! Prometheus.

mod alerts;
mod dashboard;
mod names;
mod refusing;
mod scenario;
mod snippet;

use std::process::ExitCode;

use harness::suite::{self, Case, Test};
use harness::{parts, prometheus};

/// Tests that only read files.
const STATIC: [Case; 3] = [
    ("metrics::every_bootstrap_has_the_same_stats_tags", snippet::same),
    ("metrics::the_dashboard_is_consistent", dashboard::consistent),
    ("metrics::the_prometheus_rule_has_the_alerts", alerts::resource),
];

/// Tests that run Envoy.
const WITH_ENVOY: [Case; 2] = [
    ("metrics::every_file_shows_metrics_as_the_readme_says", names::of_files),
    ("metrics::every_metric_of_the_readmes_exists", names::of_readmes),
];

/// Tests that run Prometheus.
const WITH_PROMETHEUS: [Case; 2] = [
    ("metrics::alerts_fire_when_they_should", alerts::fire),
    ("metrics::every_query_returns_data", dashboard::queries),
];

fn main() -> ExitCode {
    let arguments = suite::arguments();
    let envoy = parts::missing_for_e2e();
    let programs = envoy.clone().or_else(|| parts::missing_of(&[prometheus::PROGRAM]));
    let of = |cases: &'static [Case], missing: Option<String>| {
        cases.iter().map(move |case| Test::of(case, missing.as_deref()))
    };
    suite::run(
        &arguments,
        of(&STATIC, None).chain(of(&WITH_ENVOY, envoy)).chain(of(&WITH_PROMETHEUS, programs)),
    )
}
