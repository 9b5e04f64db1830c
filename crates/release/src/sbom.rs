//! What each module is made from: bills of materials in CycloneDX's form, by cargo-cyclonedx.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use harness::command::output;
use harness::parts;
use images::checkout::Checkout;
use images::filters::Filter;
use images::image::sha256;
use serde_json::{Value, json};
use url::Url;

/// Those of the filters, in their order.
///
/// # Errors
/// cargo-cyclonedx is not there, or fails.
pub fn of(filters: &[Filter]) -> Result<Vec<String>> {
    // It writes beside each manifest.
    let checkout = Checkout::new("bills-of-materials")?;
    let time = output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(checkout.path()))?;
    let arguments = [
        "cyclonedx",
        "--quiet",
        "--format=json",
        "--spec-version=1.5",
        "--target=wasm32-wasip1",
        "--no-build-deps",
    ];
    let mut cyclonedx = Command::new(parts::cyclonedx());
    // The commit's time rather than now, and no number that is made up.
    cyclonedx.args(arguments).env("SOURCE_DATE_EPOCH", time).current_dir(checkout.path());
    output(&mut cyclonedx).context("run `just release`, which brings cargo-cyclonedx")?;
    let folder = Url::from_directory_path(checkout.path()).ok().context("the clone has an absolute path")?;
    filters
        .iter()
        .map(|filter| {
            let path = checkout.path().join(format!("filters/{0}/{0}.cdx.json", filter.name));
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let mut bill: Value = serde_json::from_str(&text.replace(folder.as_str(), "file:///src/"))?;
            let hash = json!([{"alg": "SHA-256", "content": sha256(&filter.wasm)}]);
            bill["metadata"]["component"]["hashes"] = hash;
            Ok(serde_json::to_string_pretty(&bill)? + "\n")
        })
        .collect()
}
