//! Tests the built page in a browser, and compares what it shows with what wasmtime does.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use cargo_proxy_filter::trial::{self, Runner};
use harness::parts;
use harness::suite::{self, Case};
use proxy_filter_trial::{Report, Trial};
use serde_json::Value;

/// What `just test-playground` sets.
const VARIABLES: [&str; 4] = ["CHROMIUM", "NODE", "NPM_MODULES", "PLAYGROUND"];

const TESTS: [Case; 2] = [
    ("the_page_passes_its_tests", page_passes),
    ("examples_give_the_same_reports_as_in_wasmtime", examples_are_equal),
];

fn main() -> ExitCode {
    let absent = VARIABLES.iter().find(|name| std::env::var_os(name).is_none());
    let missing = absent.map(|name| format!("{name} is not set: run `just test-playground`"));
    suite::run_cases(&TESTS, missing.as_deref())
}

/// Runs the page's tests, once. They write what they ran here.
fn ran() -> &'static Result<String> {
    static RAN: OnceLock<Result<String>> = OnceLock::new();
    RAN.get_or_init(|| {
        let reports = parts::root().join("target/playground-reports.json");
        let node = std::env::var_os("NODE").context("NODE is not set")?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/tests/run.mjs");
        let mut command = Command::new(node);
        command.arg(script).env("RAN", &reports).env("SCREENSHOTS", parts::root().join("target/screenshots"));
        let output = command.output().context("cannot run Node.js")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        std::fs::read_to_string(&reports).with_context(|| reports.display().to_string())
    })
}

fn page_passes() -> Result<()> {
    match ran() {
        Ok(_) => Ok(()),
        Err(error) => bail!("{error:#}"),
    }
}

fn examples_are_equal() -> Result<()> {
    let Ok(ran) = ran() else { bail!("the page's tests failed") };
    let ran: Vec<Value> = serde_json::from_str(ran)?;
    ensure!(!ran.is_empty(), "no example ran");
    for example in ran {
        let (title, filter) = (&example["title"], example["filter"].as_str().unwrap_or_default());
        let trial: Trial = serde_json::from_value(example["trial"].clone())?;
        let report = trial::run(&parts::filter(filter), &trial, Runner::Model)?;
        // The page does not measure the cost, and shows the counters' names in Prometheus.
        let report = Report { cost: None, counters: report.prometheus_counters(), ..report };
        let report = serde_json::to_value(report)?;
        ensure!(
            report == example["report"],
            "{title}:\nin wasmtime {report}\nin the page {}",
            example["report"]
        );
    }
    Ok(())
}
