//! A real Prometheus that scrapes Envoys.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::command::output;
use proxy_filter_envoy::http::Request;
use proxy_filter_envoy::process::{Process, free_address};
use serde_json::Value;

use crate::parts;

/// The name of the server's program.
pub const PROGRAM: &str = "prometheus";

/// The file that users copy, and what tests replace in it.
const TARGET: &str = r#""localhost:9901""#;
const INTERVAL: &str = "15s";

/// A running Prometheus with the configuration and the alerts of `deploy/grafana`.
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
}

/// A series at one moment: its labels and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Labels by name. `__name__` is the metric's, unless the query calculates.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// Returns the directory of the dashboard, the alerts and Prometheus's configuration.
pub fn directory() -> PathBuf {
    parts::root().join("deploy/grafana")
}

/// Runs `promtool` with these arguments, in the directory of the alerts.
///
/// # Errors
/// `promtool` is missing, or reports an error.
pub fn promtool(arguments: &[&str]) -> Result<String> {
    let mut command = parts::program("promtool")?;
    output(command.args(arguments).current_dir(directory()))
}

impl Prometheus {
    /// Starts Prometheus on a free port. It scrapes these admin interfaces once a second.
    ///
    /// # Errors
    /// Prometheus is missing or does not start. The error includes its log.
    pub fn start(envoys: &[SocketAddr]) -> Result<Self> {
        let address = free_address()?;
        let mut process = Process::start(PROGRAM, |scratch| {
            for file in ["prometheus.yaml", "alerts.yaml"] {
                let path = directory().join(file);
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                let targets: Vec<_> = envoys.iter().map(|envoy| format!(r#""{envoy}""#)).collect();
                ensure!(
                    file == "alerts.yaml" || text.contains(TARGET) && text.contains(INTERVAL),
                    "{file}:\n{text}"
                );
                let text = text.replace(TARGET, &targets.join(", ")).replace(INTERVAL, "1s");
                fs::write(scratch.join(file), text)?;
            }
            let mut command: Command = parts::program(PROGRAM)?;
            command.arg(format!("--config.file={}", scratch.join("prometheus.yaml").display()));
            command.arg(format!("--storage.tsdb.path={}", scratch.join("data").display()));
            command.arg(format!("--web.listen-address={address}"));
            Ok(command)
        })?;
        process.wait_for("readiness", |_| {
            let response = Request::get("/-/ready").send(address).ok()?;
            (response.status == 200).then_some(())
        })?;
        Ok(Self { process, address })
    }

    /// Evaluates a query now.
    ///
    /// # Errors
    /// Prometheus refuses the query.
    pub fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let target = format!("/api/v1/query?query={}", percent_encoded(query));
        let response = Request::get(&target).send(self.address)?;
        ensure!(response.status == 200, "Prometheus refuses `{query}`:\n{response}");
        let result = response.json()?.pointer("/data/result").cloned().context("no result")?;
        result.as_array().context("a scalar")?.iter().map(Sample::read).collect()
    }

    /// Returns the end of its log.
    pub fn last_lines(&self) -> String {
        self.process.last_lines()
    }
}

impl Sample {
    fn read(result: &Value) -> Result<Self> {
        let labels = serde_json::from_value(result["metric"].clone())?;
        let value = result["value"][1].as_str().context("no value")?.parse()?;
        Ok(Self { labels, value })
    }
}

fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
