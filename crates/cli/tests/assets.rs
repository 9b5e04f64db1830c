//! Checks the files of a release as a user would who downloads them.

#![allow(clippy::indexing_slicing, reason = "a JSON value without a field gives null")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::filter;
use cargo_proxy_filter::oci::digest::sha256;
use cargo_proxy_filter::oci::image::Image;
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::release::assets;
use harness::command::output;
use harness::parts;
use harness::scratch::Scratch;
use harness::suite::{self, Case};
use serde_json::{Value, json};

const TESTS: [Case; 1] = [("a_release_is_complete_and_reproducible", whole)];

const REGISTRY: &str = "registry.example.com/acme";

fn main() -> ExitCode {
    let tool = Project::find().map(|project| project.cyclonedx());
    let missing =
        tool.map_or_else(|error| Some(format!("{error:#}")), |tool| parts::absent(tool, "just test-release"));
    suite::run_cases(&TESTS, missing.as_deref())
}

fn whole() -> Result<()> {
    let project = Project::find()?;
    let (first, second) = (Scratch::new("release")?, Scratch::new("release")?);
    assets::write(&project, REGISTRY, first.path())?;
    assets::write(&project, REGISTRY, second.path())?;
    let sums = |directory: &Path| fs::read_to_string(directory.join("SHA256SUMS"));
    ensure!(sums(first.path())? == sums(second.path())?, "the second release differs");

    let directory = first.path();
    output(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(directory))?;
    let listed = sums(directory)?.lines().count();
    ensure!(fs::read_dir(directory)?.count() == listed.saturating_add(1), "a file has no checksum");
    let notes = fs::read_to_string(directory.join("NOTES.md"))?;
    ensure!(
        !notes.trim().is_empty() && !notes.starts_with("## "),
        "NOTES.md is empty or has a heading: {notes}"
    );
    ensure!(!notes.contains("\n## "), "NOTES.md has the notes of another version: {notes}");
    output(Command::new("tar").args(["-xzf", "manifests.tar.gz"]).current_dir(directory))?;

    let digests = fs::read_to_string(directory.join("DIGESTS.md"))?;
    ensure!(digests.contains("\nBuilt with rustc 1."), "{digests}");
    for filter in filter::all(&project)? {
        let name = &filter.name;
        let wasm = fs::read(directory.join(format!("{name}.wasm")))?;
        ensure!(wasm == filter.wasm, "{name}.wasm is another module");
        let reference = format!("{REGISTRY}/proxy-wasm-filters/{name}:{}", project.version());
        let (image, module) = (Image::compat(&filter)?, sha256(&wasm));
        let row = format!("| `{reference}` | `{}` | `{module}` | {} |\n", image.digest(), wasm.len());
        ensure!(digests.contains(&row), "{digests}");
        for kind in ["trafficextension", "wasmplugin"] {
            let file = directory.join(format!("manifests/istio/{kind}/{name}.yaml"));
            let text = fs::read_to_string(file)?;
            ensure!(text.contains(&sha256(&image.manifest)), "{text}");
        }
        is_bill_of(&project, name, &module, &directory.join(format!("{name}.cdx.json")))?;
    }
    Ok(())
}

/// Checks that the bill names the module and its dependencies in their locked versions, and no directory of this machine.
fn is_bill_of(project: &Project, name: &str, module: &str, path: &Path) -> Result<()> {
    let text = fs::read_to_string(path)?;
    // Packages of this repository have their path within the sources, wherever these are.
    let directories: Vec<_> =
        text.split("file://").skip(1).filter_map(|rest| rest.split(['#', '"']).next()).collect();
    let is_source =
        |directory: &&str| directory.starts_with("/src/") || [".", "../../shared"].contains(directory);
    let other = directories.iter().find(|directory| !is_source(directory));
    ensure!(!directories.is_empty() && other.is_none(), "{} names the directory {other:?}", path.display());
    let bill: Value = serde_json::from_str(&text)?;
    ensure!(bill["bomFormat"] == "CycloneDX" && bill["specVersion"] == "1.5", "{bill}");
    let component = &bill["metadata"]["component"];
    ensure!(component["name"] == name && component["version"] == project.version(), "{component}");
    ensure!(component["hashes"] == json!([{"alg": "SHA-256", "content": module}]), "{component}");
    let components = bill["components"].as_array().context("components")?;
    let lock = fs::read_to_string(parts::root().join("Cargo.lock"))?;
    let found =
        components.iter().find(|component| component["name"] == "proxy-wasm").context("proxy-wasm")?;
    let version = found["version"].as_str().context("a version")?;
    ensure!(lock.contains(&format!("name = \"proxy-wasm\"\nversion = \"{version}\"\n")), "{found}");
    Ok(())
}
