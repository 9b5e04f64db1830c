//! Checks that every public item of `proxy-filter` has an example.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;
use serde::Deserialize;

/// What rustdoc counts in a file.
#[derive(Deserialize)]
struct Coverage {
    total_examples: u64,
    with_examples: u64,
}

pub fn run() -> Result<()> {
    let output = Command::new("cargo")
        .args(["rustdoc", "--quiet", "--package", "proxy-filter", "--"])
        .args(["-Zunstable-options", "--show-coverage", "--output-format", "json"])
        .current_dir(parts::root())
        // Lets a stable rustdoc accept the unstable option.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", parts::root().join("target/doc-examples"))
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "rustdoc: {}", String::from_utf8_lossy(&output.stderr));
    let files: BTreeMap<String, Coverage> =
        serde_json::from_slice(&output.stdout).context("what rustdoc counted")?;
    let lacking: Vec<_> = files
        .iter()
        .filter(|(_, coverage)| coverage.with_examples < coverage.total_examples)
        .map(|(file, coverage)| format!("{file}: {} of {}", coverage.with_examples, coverage.total_examples))
        .collect();
    ensure!(lacking.is_empty(), "public items without an example, give them one:\n{}", lacking.join("\n"));
    let items: u64 = files.values().map(|coverage| coverage.total_examples).sum();
    ensure!(items > 0, "rustdoc counted no items");
    println!("{items} public items of proxy-filter have examples");
    Ok(())
}
