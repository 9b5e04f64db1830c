//! What ships in each module: `crates/xtask/shipped.md` lists the crates, and this compares.

mod sources;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use harness::command::output;
use harness::target::WASM_TARGET;
use harness::{parts, snapshot};
use serde_json::Value;
use sources::sources;
use tokens::unsafe_in;

/// A crate of the registry: its name and version.
type Crate = (String, String);

const HEAD: &str = "# What ships in modules

The crates of the registry that are compiled into the filters' modules, with their licenses, and how often their sources say
`unsafe`, for all targets and with features that modules lack. Macros and what only builds are not listed. This repository's own
crates that ship are under Apache-2.0, and `crates/xtask/tests/unsafe_code.rs` lists where they are `unsafe`.

`UPDATE_SNAPSHOTS=1 cargo test --workspace --test shipped` writes this page.

| crate | version | license | `unsafe` | modules |
|---|---|---|--:|---|
";

/// Lists the crates in a filter's module.
fn shipped_in(filter: &str) -> BTreeSet<Crate> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--locked", "--package", filter, "--target", WASM_TARGET]);
    cargo.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    let tree = output(cargo.current_dir(parts::root())).unwrap();
    let crates = tree.lines().filter(|line| !line.contains(" (")).filter_map(|line| line.split_once(" v"));
    crates.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

/// Returns the license and the folder of each package.
fn packages() -> BTreeMap<Crate, (String, PathBuf)> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--locked", "--format-version=1", "--filter-platform", WASM_TARGET]);
    let metadata: Value = serde_json::from_str(&output(cargo.current_dir(parts::root())).unwrap()).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let text = |field: &str| package[field].as_str().unwrap_or_default().to_owned();
        let manifest = text("manifest_path");
        let folder = Path::new(&manifest).parent().unwrap().to_path_buf();
        ((text("name"), text("version")), (text("license"), folder))
    });
    packages.collect()
}

#[test]
fn the_crates_in_modules_are_listed() {
    let filters = parts::filter_names().unwrap();
    let mut shipped: BTreeMap<Crate, Vec<&str>> = BTreeMap::new();
    for filter in &filters {
        let crates = shipped_in(filter);
        assert!(crates.len() > 10, "{filter} has only {} crates", crates.len());
        for dependency in crates {
            shipped.entry(dependency).or_default().push(filter);
        }
    }
    let packages = packages();
    let mut page = HEAD.to_owned();
    for (dependency, users) in &shipped {
        let (license, folder) = &packages[dependency];
        let count: usize = sources(&folder.join("src")).iter().map(|file| unsafe_in(file)).sum();
        let users = if users.len() == filters.len() { "all".to_owned() } else { users.join(", ") };
        let (name, version) = dependency;
        writeln!(page, "| {name} | {version} | {license} | {count} | {users} |").unwrap();
    }
    let path = parts::root().join("crates/xtask/shipped.md");
    if env::var_os(snapshot::UPDATE).is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        page == written,
        "{}: what ships has changed; to accept it, set {}\n{page}",
        path.display(),
        snapshot::UPDATE
    );
}
