//! The filters in a real registry, read back by another client, and by the rules of those who run them.

mod broken;
mod cut;
mod published;
mod refused;
mod runs;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use harness::suite::{self, Case};
use harness::{parts, registry};

const TESTS: [Case; 16] = [
    ("images_are_read_back_as_they_were_pushed", published::read_back),
    ("modules_run_in_envoy_as_they_were_read_back", runs::pulled),
    ("dockers_form_is_taken_too", published::dockers),
    ("an_image_that_is_there_is_not_sent_again", published::again),
    ("a_dry_run_sends_nothing", published::dry_run),
    ("packed_folders_are_images", published::packed),
    ("credentials_are_those_of_the_usual_files", refused::credentials),
    ("credential_helpers_are_asked", refused::helpers),
    ("an_image_that_is_not_there_is_named", refused::missing),
    ("tags_are_checked_before_anything_is_pushed", refused::tags),
    ("a_registry_that_is_down_is_named", refused::down),
    ("names_have_no_capitals", refused::capitals),
    ("a_filter_is_no_tag", refused::filter_for_tag),
    ("an_upload_that_ends_early_publishes_nothing", refused::interrupted),
    ("unusual_images_are_taken", broken::unusual),
    ("broken_images_are_refused_with_the_reason", broken::all),
];

/// The client that is not ours.
const SKOPEO: &str = "skopeo";

fn main() -> ExitCode {
    let missing = parts::missing_for_demo().or_else(|| parts::missing_of(&[registry::PROGRAM, SKOPEO]));
    suite::run_cases(&TESTS, missing.as_deref())
}

/// What the program said, and whether it was content.
struct Said {
    is_content: bool,
    text: String,
}

/// `images`, as one who has these files with credentials, or none; with a proxy, which is not for loopback.
fn command(arguments: &[&str], docker: Option<&Path>, podman: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_images"));
    command.args(arguments).env("DOCKER_CONFIG", docker.unwrap_or(Path::new("/nonexistent")));
    command.env("XDG_RUNTIME_DIR", "/nonexistent").env("HOME", "/nonexistent");
    match podman {
        Some(file) => command.env("REGISTRY_AUTH_FILE", file),
        None => command.env_remove("REGISTRY_AUTH_FILE"),
    };
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    command
}

fn said(command: &mut Command) -> Result<Said> {
    let output = command.output().context("images cannot be run")?;
    let text = [output.stdout, output.stderr].concat();
    Ok(Said { is_content: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() })
}

fn images(arguments: &[&str], docker: Option<&Path>, podman: Option<&Path>) -> Result<Said> {
    said(&mut command(arguments, docker, podman))
}

/// Runs it, expects it to be content, and returns what it said.
fn content(arguments: &[&str]) -> Result<String> {
    let said = images(arguments, None, None)?;
    ensure!(said.is_content, "images {}: {}", arguments.join(" "), said.text);
    Ok(said.text)
}

/// What the other client said.
fn skopeo(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = parts::program(SKOPEO)?.arg("--insecure-policy").args(arguments).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "skopeo {}: {errors}", arguments.join(" "));
    Ok(output.stdout)
}
