//! Generates bills of materials in CycloneDX's format with cargo-cyclonedx.

use std::fs;
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
    // cargo-cyclonedx writes next to each manifest, so it runs in a clone.
    let checkout = Checkout::new(project, "bills-of-materials")?;
    let time = output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(checkout.path()))?;
    let arguments = [
        "cyclonedx",
        "--quiet",
        "--format=json",
        "--spec-version=1.5",
        "--target=wasm32-wasip1",
        "--no-build-deps",
    ];
    let mut cyclonedx = Command::new(project.cyclonedx());
    // The commit's time instead of now, which also replaces the random serial number.
    cyclonedx.args(arguments).env("SOURCE_DATE_EPOCH", time).current_dir(checkout.path());
    output(&mut cyclonedx).context("`just release` compiles cargo-cyclonedx first")?;
    let directory =
        Url::from_directory_path(checkout.path()).ok().context("the path of the clone is not absolute")?;
    filters
        .iter()
        .map(|filter| {
            let path = checkout.path().join(format!("filters/{0}/{0}.cdx.json", filter.name));
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut bill: Value = serde_json::from_str(&text.replace(directory.as_str(), "file:///src/"))?;
            let component = bill.pointer_mut("/metadata/component").and_then(Value::as_object_mut);
            let hashes = json!([{"alg": "SHA-256", "content": sha256(&filter.wasm)}]);
            component.context("the bill has no component")?.insert("hashes".into(), hashes);
            Ok(serde_json::to_string_pretty(&bill)? + "\n")
        })
        .collect()
}
