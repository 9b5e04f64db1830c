//! Runs all tests and counts those that ran in each of the three proxies.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The last part of a test's name says in which proxy it ran.
const PROXIES: [(&str, &str); 3] = [
    ("native", "natively, in the model"),
    ("wasm", "as built, in wasmtime"),
    ("envoy", "as built, in a real Envoy"),
];

/// What tells that a test was not run to its end in a proxy.
const SKIPPED: &str = "skipped";

/// Chosen along with any package: with it dependencies have the features that they have in the whole
/// workspace, and need not be compiled once more.
const ALONG: [&str; 2] = ["--package", "xtask"];

/// `filter` are arguments of `cargo test`; without any all tests of the workspace run.
pub fn run(filter: &[&str]) -> Result<()> {
    let chosen = if filter.is_empty() { vec!["--workspace"] } else { [&ALONG, filter].concat() };
    let mut cargo = Command::new("cargo")
        .arg("test")
        .args(chosen)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be run")?;
    let errors = cargo.stderr.take().context("cargo's errors")?;
    let errors = std::thread::spawn(move || passed_on(errors, |line| eprintln!("{line}")));
    let output = passed_on(cargo.stdout.take().context("cargo's output")?, |line| println!("{line}"));
    let errors = errors.join().unwrap_or_default();
    let status = cargo.wait()?;
    for (proxy, how) in PROXIES {
        let ran = output.iter().filter(|line| line.ends_with(&format!("::{proxy} ... ok"))).count();
        println!("{ran:>5} behaviour tests passed {how}");
    }
    let skipped: BTreeSet<_> =
        errors.iter().filter_map(|line| line.find(SKIPPED).map(|at| &line[at..])).collect();
    println!("{:>5} were not run to their end where a real Envoy cannot show it:", skipped.len());
    skipped.iter().for_each(|line| println!("      {line}"));
    ensure!(status.success(), "tests failed");
    Ok(())
}

/// Shows lines as they come, and returns them.
fn passed_on(stream: impl Read, show: impl Fn(&str)) -> Vec<String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.inspect(|line| show(line)).collect()
}
