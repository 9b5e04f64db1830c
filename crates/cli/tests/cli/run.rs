//! Runs the tool, and skopeo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

/// A registry client other than the tool.
pub(crate) const SKOPEO: &str = "skopeo";

/// What the tool printed, and whether it succeeded.
pub(crate) struct Outcome {
    pub(crate) succeeded: bool,
    pub(crate) text: String,
}

/// Builds a command that runs the tool for a user with these credential files, if any, and with a proxy, which it must
/// not use for loopback.
pub(crate) fn tool(arguments: &[&str], docker: Option<&Path>, podman: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-proxy-filter"));
    command.args(arguments).env("DOCKER_CONFIG", docker.unwrap_or(Path::new("/nonexistent")));
    command.env("XDG_RUNTIME_DIR", "/nonexistent").env("HOME", "/nonexistent");
    // Without a home, rustup and cargo would not find these.
    let home = std::env::home_dir().unwrap_or_default();
    for (variable, directory) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
        command.env(variable, std::env::var_os(variable).unwrap_or_else(|| home.join(directory).into()));
    }
    match podman {
        Some(file) => command.env("REGISTRY_AUTH_FILE", file),
        None => command.env_remove("REGISTRY_AUTH_FILE"),
    };
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    command
}

/// Runs the tool to its end.
pub(crate) fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command.output().context("cannot run the tool")?;
    let text = [output.stdout, output.stderr].concat();
    Ok(Outcome { succeeded: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() })
}

/// Runs the tool without credentials.
pub(crate) fn anonymous(arguments: &[&str]) -> Result<Outcome> {
    outcome(&mut tool(arguments, None, None))
}

/// Runs the tool without credentials, expects it to succeed, and returns what it printed.
pub(crate) fn succeeds(arguments: &[&str]) -> Result<String> {
    let outcome = anonymous(arguments)?;
    ensure!(outcome.succeeded, "{}: {}", arguments.join(" "), outcome.text);
    Ok(outcome.text)
}

/// Runs the tool without credentials, and expects it to fail with this text.
pub(crate) fn fails(arguments: &[&str], expected: &str) -> Result<String> {
    let outcome = anonymous(arguments)?;
    ensure!(!outcome.succeeded, "{} succeeded: {}", arguments.join(" "), outcome.text);
    ensure!(outcome.text.contains(expected), "not `{expected}`: {}", outcome.text);
    Ok(outcome.text)
}

/// Runs skopeo and returns its standard output.
pub(crate) fn skopeo(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = parts::program(SKOPEO)?.arg("--insecure-policy").args(arguments).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "skopeo {}: {errors}", arguments.join(" "));
    Ok(output.stdout)
}
