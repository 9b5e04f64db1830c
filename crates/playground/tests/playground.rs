//! Tests the built page in a browser, and compares what it does with what `try` does.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use cargo_proxy_filter::trial::{self, Diagnostic, Runner, Source};
use harness::parts;
use harness::suite::{self, Case};
use proxy_filter_trial::{Report, Trial};
use serde_json::{Value, json};

/// What `just test-playground` sets.
const VARIABLES: [&str; 4] = ["CHROMIUM", "NODE", "NPM_MODULES", "PLAYGROUND"];

const TESTS: [Case; 2] =
    [("the_page_passes_its_tests", page_passes), ("texts_mean_and_do_the_same_as_in_try", trials_are_equal)];

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

/// Gives each text that the page ran to the code of `try`, and compares what they read and did.
fn trials_are_equal() -> Result<()> {
    let Ok(ran) = ran() else { bail!("the page's tests failed") };
    let ran: Vec<Value> = serde_json::from_str(ran)?;
    ensure!(!ran.is_empty(), "nothing ran");
    for one in ran {
        let (title, filter) = (&one["title"], one["filter"].as_str().unwrap_or_default());
        let expected = tried(filter, one["trial"].clone())?;
        let mut answer = one["answer"].clone();
        if let Some(answer) = answer.as_object_mut() {
            answer.retain(|name, _| ["configuration", "mistake", "report"].contains(&name.as_str()));
        }
        ensure!(answer == expected, "{title}:\nin `try` {expected}\nin the page {answer}");
    }
    Ok(())
}

/// Returns what `try` does with a file that has the trial's configuration, in the page's form.
fn tried(filter: &str, trial: Value) -> Result<Value> {
    let text = trial["configuration"].as_str().context("the configuration is not a text")?.to_owned();
    let name = if text.starts_with(['{', '[']) { "configuration.json" } else { "configuration.yaml" };
    let configuration = match (Source { name: name.into(), text, is_file: true }).whole() {
        Ok(configuration) => String::from_utf8(configuration.bytes)?,
        Err(Diagnostic { message, position, .. }) => {
            let message = message.strip_prefix("not YAML: ").context("another mistake")?;
            let position = position.map(|position| [position.line, position.column]);
            return Ok(json!({"mistake": {"message": message, "position": position}}));
        }
    };
    let trial: Trial = serde_json::from_value(trial)?;
    let trial = Trial { configuration: configuration.as_str().into(), ..trial };
    let report = trial::run(&parts::filter(filter), &trial, Runner::Model)?;
    // The page does not measure the cost, and shows the counters' names in Prometheus.
    let report = Report { cost: None, counters: report.prometheus_counters(), ..report };
    Ok(json!({"configuration": configuration, "report": report}))
}
