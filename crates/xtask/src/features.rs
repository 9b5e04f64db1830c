//! Checks that a filter tested alone has its dependencies with the features of the whole workspace. Otherwise cargo
//! compiles them again, wasmtime included.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

use crate::test::ALONG;

/// The features of every crate in each version.
type Features = BTreeMap<String, BTreeSet<String>>;

pub fn run() -> Result<()> {
    let all = features(&["--workspace"])?;
    for filter in parts::filter_names()? {
        let alone = features(&[ALONG.as_slice(), &["--package", &filter]].concat())?;
        let fewer: Vec<_> = alone
            .iter()
            .filter(|(name, features)| all.get(*name) != Some(features))
            .map(|(name, features)| {
                let of_all = all.get(name).into_iter().flatten();
                let missing: Vec<_> =
                    of_all.filter(|feature| !features.contains(*feature)).cloned().collect();
                format!("{name}: {}", missing.join(", "))
            })
            .collect();
        ensure!(
            fewer.is_empty(),
            "crates/features lacks features that the workspace enables; add them there:\n{}",
            fewer.join("\n")
        );
    }
    println!("filters tested alone have the features of the workspace");
    Ok(())
}

fn features(packages: &[&str]) -> Result<Features> {
    let tree = ["tree", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p} [{f}]"];
    let tree = output(Command::new("cargo").args(tree).args(packages).current_dir(parts::root()))?;
    let mut found = Features::new();
    for line in tree.lines() {
        let Some((name, features)) = line.split_once(" [") else { continue };
        let features = features.split_once(']').context("cargo tree shows no features")?.0;
        let of_crate = found.entry(name.replace(" (proc-macro)", "")).or_default();
        of_crate.extend(features.split(',').filter(|feature| !feature.is_empty()).map(str::to_owned));
    }
    Ok(found)
}
