//! What we publish, and the files of `deploy/`, in the hands of the code of those who run them: Istio's agent,
//! istioctl, Envoy Gateway and Kustomize, compiled with Go.

mod files;
mod images;
mod kustomizations;

use std::ffi::OsStr;
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, ensure};
use harness::suite::{self, Case};
use harness::{parts, registry};

const TESTS: [Case; 5] = [
    ("istios_agent_pulls_what_was_published", images::pulled),
    ("istios_agent_refuses_other_images", images::refused),
    ("istio_and_envoy_gateway_accept_the_files", files::accepted),
    ("istio_and_envoy_gateway_find_what_is_misspelt", files::misspelt),
    ("kustomize_builds_what_the_readmes_apply", kustomizations::built),
];

fn main() -> ExitCode {
    let missing = parts::missing_for_envoy()
        .or_else(|| parts::missing_of(&[registry::PROGRAM]))
        .or_else(|| parts::absent(parts::consumers(), "just test-consumers"));
    suite::run_cases(&TESTS, missing.as_deref())
}

/// Runs their code.
fn run(task: &str, what: impl AsRef<OsStr>) -> Result<Output> {
    // The loopback registry is not behind a proxy, and nobody's credentials are at stake.
    let mut command = Command::new(parts::consumers());
    command.arg(task).arg(what).env("NO_PROXY", "127.0.0.1").env("DOCKER_CONFIG", "/nonexistent");
    command.output().context("the program with their code cannot be run")
}

/// What it said, where it was content.
fn content(task: &str, what: impl AsRef<OsStr>) -> Result<String> {
    let output = run(task, &what)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{task} {}: {errors}", what.as_ref().display());
    Ok(String::from_utf8(output.stdout)?)
}
