//! Reads the dashboard of `deploy/grafana` with Grafana's own types, compiled with Go.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, ensure};
use harness::scratch::Scratch;
use harness::suite::{self, Case};
use harness::{parts, prometheus};
use serde_json::{Value, json};

const TESTS: [Case; 2] =
    [("grafana_accepts_the_dashboard", accepted), ("grafana_refuses_unknown_and_missing_fields", refused)];

fn main() -> ExitCode {
    suite::run_cases(&TESTS, parts::absent(parts::grafana(), "just test-consumers").as_deref())
}

fn accepted() -> Result<()> {
    let output = read(&prometheus::directory().join("dashboard.json"))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn refused() -> Result<()> {
    let text = fs::read_to_string(prometheus::directory().join("dashboard.json"))?;
    let scratch = Scratch::new("grafana")?;
    for (place, value, expected) in [
        ("/panels/1/targets/0/exprr", json!("up"), "unexpected field 'exprr'"),
        (
            "/panels/1/options/tooltip/mode",
            json!(7),
            "panels[1].options.tooltip.mode: json: cannot unmarshal number",
        ),
        ("/panels/1/options/legend", json!({}), "panels[1].options.legend.calcs: required field is missing"),
    ] {
        let mut dashboard: Value = serde_json::from_str(&text)?;
        let (parent, field) = place.rsplit_once('/').context("a place")?;
        dashboard.pointer_mut(parent).context("no such place")?[field] = value;
        let file = scratch.path().join("wrong.json");
        fs::write(&file, dashboard.to_string())?;
        let said = String::from_utf8(read(&file)?.stderr)?;
        ensure!(said.contains(expected), "expected `{expected}`: {said}");
    }
    Ok(())
}

fn read(file: &Path) -> Result<Output> {
    Command::new(parts::grafana()).arg(file).output().context("cannot run the Go program")
}
