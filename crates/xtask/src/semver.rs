//! Compares the APIs of the libraries that users depend on with those of the last release.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

use crate::once::once;

/// The tool that compares APIs.
const TOOL: &str = "cargo-semver-checks@0.51.0";

/// The libraries that users depend on.
const LIBRARIES: [&str; 3] = ["proxy-filter", "proxy-filter-test", "proxy-model"];

/// Compares with a revision, or else with the last tag of a release.
pub fn run(revision: Option<&str>) -> Result<()> {
    let release = match revision {
        Some(revision) => Some(revision.to_owned()),
        None => last_release()?,
    };
    let Some(release) = release else {
        println!(
            "nothing is released yet: the first tag, such as v0.1.0, is what later versions are compared with"
        );
        return Ok(());
    };
    let folder = parts::root().join("target/parts/semver");
    once(&folder, TOOL, || {
        println!("compiling {TOOL} into target/parts (about four minutes)");
        // Without optimization, because it runs for only seconds.
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "--quiet", "--locked", "--debug", "--no-track", "--root"]).arg(&folder);
        let status = cargo.arg(TOOL).status().context("cannot run cargo")?;
        ensure!(status.success(), "cargo install {TOOL} failed");
        Ok(())
    })?;
    let packages = LIBRARIES.iter().flat_map(|name| ["--package", name]);
    let mut checks = Command::new(folder.join("bin/cargo-semver-checks"));
    checks.args(["semver-checks", "--baseline-rev", &release]).args(packages).current_dir(parts::root());
    ensure!(
        checks.status()?.success(),
        "the API breaks that of {release}: raise the version with `just version`"
    );
    Ok(())
}

fn last_release() -> Result<Option<String>> {
    let mut git = Command::new("git");
    let tags = output(
        git.args(["tag", "--merged", "HEAD", "--list", "v*", "--sort", "-version:refname"])
            .current_dir(parts::root()),
    )?;
    Ok(tags.lines().next().map(str::to_owned))
}
