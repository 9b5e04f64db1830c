//! The alerts.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::prometheus::{directory, promtool};
use harness::scratch::Scratch;
use serde_json::Value;

const CASES: &str = include_str!("alerts-test.yaml");

/// Checks the rules with `promtool`, and that each alert fires in one case and not in another.
pub(crate) fn fire() -> Result<()> {
    println!("{}", promtool(&["check", "rules", "--lint-fatal", "alerts.yaml"])?);
    for alert in names()? {
        for case in [format!("- name: {alert} fires\n"), format!("- name: {alert} does not fire\n")] {
            ensure!(CASES.contains(&case), "alerts-test.yaml lacks the case `{}`", case.trim_end());
        }
    }
    let scratch = Scratch::new("promtool")?;
    let file = scratch.path().join("cases.yaml");
    let rules = format!("[{}]", directory().join("alerts.yaml").display());
    fs::write(&file, CASES.replace("[alerts.yaml]", &rules))?;
    println!("{}", promtool(&["test", "rules", &file.display().to_string()])?);
    Ok(())
}

/// Checks that the resource of the Prometheus Operator has the same groups.
pub(crate) fn resource() -> Result<()> {
    let (alerts, resource) = (read("alerts.yaml")?, read("prometheusrule.yaml")?);
    ensure!(
        resource["apiVersion"] == "monitoring.coreos.com/v1" && resource["kind"] == "PrometheusRule",
        "{resource}"
    );
    ensure!(
        alerts["groups"] == resource["spec"]["groups"],
        "prometheusrule.yaml has other groups than alerts.yaml"
    );
    Ok(())
}

/// Returns the alerts' names.
fn names() -> Result<Vec<String>> {
    let field = |rule: &Value| rule["alert"].as_str().map(str::to_owned);
    rules()?.iter().map(field).collect::<Option<_>>().context("a rule without a name")
}

/// Returns the alerts' expressions.
pub(crate) fn expressions() -> Result<Vec<String>> {
    let field = |rule: &Value| rule["expr"].as_str().map(str::to_owned);
    rules()?.iter().map(field).collect::<Option<_>>().context("a rule without an expression")
}

fn rules() -> Result<Vec<Value>> {
    let alerts = read("alerts.yaml")?;
    let rules = alerts.pointer("/groups/0/rules").and_then(Value::as_array).context("no rules")?;
    Ok(rules.clone())
}

fn read(file: &str) -> Result<Value> {
    let path = directory().join(file);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_saphyr::from_str(&text)?)
}
