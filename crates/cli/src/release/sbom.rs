//! Generates bills of materials in CycloneDX's format with cargo-cyclonedx.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use proxy_filter_envoy::command::output;
use serde_json::{Value, json};
use url::Url;

use crate::checkout::Checkout;
use crate::filter::Filter;
use crate::oci::digest::sha256;
use crate::project::Project;

/// Generates the bills of materials of filters, in the same order.
///
/// # Errors
/// The working tree has uncommitted changes, or cargo-cyclonedx is missing or fails.
pub fn of(project: &Project, filters: &[Filter]) -> Result<Vec<String>> {
    // cargo-cyclonedx writes next to each manifest, so it runs in a clone: each process in one of its own.
    let checkout = Checkout::new(project, &format!("bills-of-materials-{}", std::process::id()))?;
    let time = output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(checkout.path()))?;
    let arguments = [
        "cyclonedx",
        "--quiet",
        "--format=json",
        "--spec-version=1.5",
        "--target=wasm32-wasip1",
        "--no-build-deps",
    ];
    let mut cyclonedx = Command::new(program(project));
    // The commit's time instead of now, which also replaces the random serial number.
    cyclonedx.args(arguments).env("SOURCE_DATE_EPOCH", time).current_dir(checkout.path());
    output(&mut cyclonedx)
        .context("`cargo install cargo-cyclonedx` installs what makes bills of materials")?;
    let clone =
        Url::from_directory_path(checkout.path()).ok().context("the path of the clone is not absolute")?;
    filters
        .iter()
        .map(|filter| {
            let of_project = &project.filter(&filter.name)?.directory;
            let directory =
                of_project.strip_prefix(project.root()).context("the filter is outside its workspace")?;
            let path = checkout.path().join(directory).join(format!("{}.cdx.json", filter.name));
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut bill: Value = serde_json::from_str(&text.replace(clone.as_str(), "file:///src/"))?;
            let component = bill.pointer_mut("/metadata/component").and_then(Value::as_object_mut);
            let hashes = json!([{"alg": "SHA-256", "content": sha256(&filter.wasm)}]);
            component.context("the bill has no component")?.insert("hashes".into(), hashes);
            Ok(serde_json::to_string_pretty(&bill)? + "\n")
        })
        .collect()
}

/// Returns cargo-cyclonedx: this repository's, or else the one that is installed.
fn program(project: &Project) -> PathBuf {
    let own = project.cyclonedx();
    if own.exists() { own } else { "cargo-cyclonedx".into() }
}
