//! Reads published images and the files of `deploy/` with the code of istiod, Istio's agent, istioctl, Envoy Gateway,
//! Kustomize and cosign, compiled with Go.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

mod files;
mod images;
mod kustomizations;
mod sidecars;
mod signatures;

use std::ffi::OsStr;
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, ensure};
use harness::suite::{self, Case};
use harness::{parts, registry};

const TESTS: [Case; 11] = [
    ("istios_agent_pulls_published_images", images::pulled),
    ("istios_agent_refuses_other_images", images::refused),
    ("filters_run_as_a_sidecar_gets_them", sidecars::run),
    ("a_sidecar_denies_everything_if_a_pull_fails", sidecars::denied),
    ("istio_and_envoy_gateway_accept_the_files", files::accepted),
    ("istio_and_envoy_gateway_find_misspelt_fields", files::misspelt),
    ("kustomize_builds_every_directory", kustomizations::built),
    ("cosign_accepts_signatures", signatures::by_the_tool),
    ("cosign_accepts_signatures_where_the_registry_lists_referrers", signatures::listed),
    ("signatures_of_cosign_are_accepted", signatures::by_cosign),
    ("the_books_commands_sign_and_verify", signatures::documented),
];

fn main() -> ExitCode {
    let missing = parts::missing_for_envoy()
        .or_else(|| parts::missing_of(&[registry::PROGRAM]))
        .or_else(|| parts::absent(parts::consumers(), "just test-consumers"))
        .or_else(|| parts::absent(parts::cosign(), "just test-consumers"));
    suite::run_cases(&TESTS, missing.as_deref())
}

/// Runs a task of the Go program.
fn run<A: AsRef<OsStr>>(task: &str, arguments: &[A]) -> Result<Output> {
    // Reaches loopback without a proxy, and without the user's credentials.
    let mut command = Command::new(parts::consumers());
    command.arg(task).args(arguments).env("NO_PROXY", "127.0.0.1").env("DOCKER_CONFIG", "/nonexistent");
    command.output().context("cannot run the Go program")
}

/// Runs a task, expects it to succeed, and returns its standard output.
fn succeeds(task: &str, what: impl AsRef<OsStr>) -> Result<String> {
    let output = run(task, &[&what])?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{task} {}: {errors}", what.as_ref().display());
    Ok(String::from_utf8(output.stdout)?)
}
