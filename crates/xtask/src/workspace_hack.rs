//! Checks `crates/workspace-hack`: testing one package must not compile a dependency that testing the workspace does
//! not.
//!
//! Cargo enables only the features that the selected packages need. Without the hack, a filter's tests would compile
//! wasmtime and others a second time.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use harness::command::output;
use harness::parts;
use serde_json::Value;

/// Packages other than the filters whose tests people run alone.
const PACKAGES: [&str; 2] = ["proxy-filter", "probe"];

/// The features of each compilation of each package.
type Compilations = BTreeMap<String, BTreeSet<BTreeSet<String>>>;

pub fn run() -> Result<()> {
    let workspace = compilations(&["--workspace"])?;
    let mut missing = BTreeSet::new();
    let packages = parts::filter_names()?;
    for package in packages.iter().map(String::as_str).chain(PACKAGES) {
        for (dependency, alone) in compilations(&["--package", package])? {
            let together = workspace.get(&dependency).cloned().unwrap_or_default();
            for features in alone.difference(&together) {
                let wanted: BTreeSet<_> =
                    together.iter().flatten().filter(|f| !features.contains(*f)).collect();
                missing.insert(format!("{dependency}: add the features {wanted:?}"));
            }
        }
    }
    if !missing.is_empty() {
        let missing: Vec<_> = missing.into_iter().collect();
        bail!(
            "a package tested alone compiles dependencies again: complete crates/workspace-hack/Cargo.toml\n{}",
            missing.join("\n")
        );
    }
    println!("testing one package compiles no dependency again");
    Ok(())
}

/// Lists the third-party crates that `cargo test` would compile.
fn compilations(packages: &[&str]) -> Result<Compilations> {
    let mut cargo = Command::new("cargo");
    // The unit graph is unstable; `RUSTC_BOOTSTRAP` enables it in stable cargo.
    cargo.env("RUSTC_BOOTSTRAP", "1").args(["test", "--no-run", "--unit-graph", "-Zunstable-options"]);
    let graph = output(cargo.args(packages).current_dir(parts::root()))?;
    let graph: Value = serde_json::from_str(&graph).context("cargo's unit graph")?;
    let units = graph["units"].as_array().context("cargo's unit graph has no units")?;
    ensure!(!units.is_empty(), "cargo's unit graph is empty");
    let mut compilations = Compilations::new();
    for unit in units {
        let package = unit["pkg_id"].as_str().context("a unit has no package")?;
        let Some((_, package)) = package.strip_prefix("registry+").and_then(|id| id.split_once('#')) else {
            continue;
        };
        let features = unit["features"].as_array().context("a unit has no features")?;
        let features = features.iter().filter_map(|feature| feature.as_str().map(str::to_owned));
        compilations.entry(package.to_owned()).or_default().insert(features.collect());
    }
    Ok(compilations)
}
