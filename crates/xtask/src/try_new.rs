//! Tries `just new` in a scratch copy of the repository: the filter that comes out must build, pass its
//! tests in all three proxies, and be as tidy as the others.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

const NAME: &str = "scratch-filter";

/// The first build in the copy, with all that a filter is tested with.
const FIRST: [&[&str]; 2] = [&["xtask", "build"], &["xtask", "test", "--package", "add-header", "--no-run"]];

/// From nothing to a filter that is green.
const STEPS: [&[&str]; 5] = [
    &["xtask", "new", NAME],
    &["fmt", "--all", "--check"],
    &["clippy", "--quiet", "--package", NAME, "--all-targets", "--", "--deny", "warnings"],
    &["xtask", "build"],
    &["xtask", "test", "--package", NAME],
];

/// Its files of `deploy/`, in a real Envoy. With the whole workspace dependencies have the features that they were
/// compiled with.
const DEPLOY: [&[&str]; 2] = [
    &["test", "--quiet", "--workspace", "--test", "envoy", "envoy_accepts_every_file_of_deploy_envoy"],
    &["test", "--quiet", "--workspace", "--test", "deploy"],
];

/// A new filter is meant to be green within a minute; machines that do other things get four.
const LIMIT: Duration = Duration::from_secs(240);

pub fn run() -> Result<()> {
    let (root, copy) = (parts::root(), parts::root().join("target/scratch"));
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| copy.display().to_string())?;
    }
    copy_sources(&root, &copy)?;
    // What was fetched is the same there, and so is what was compiled of others' code.
    for part in ["debug/.fingerprint", "debug/build", "debug/deps", "wasm"] {
        link_tree(&root.join("target").join(part), &copy.join("target").join(part))?;
    }
    symlink(root.join("target/parts"), copy.join("target/parts"))?;
    for directory in ["target", "target/wasm"] {
        forget_members(&copy, directory)?;
    }
    let each = |steps: &[&[&str]]| steps.iter().try_for_each(|step| cargo(&copy, step));
    each(&FIRST)?;
    let start = Instant::now();
    each(&STEPS)?;
    let elapsed = start.elapsed();
    each(&DEPLOY)?;
    let module = copy.join(format!("target/filters/{NAME}.wasm"));
    ensure!(module.exists(), "the build made no {}", module.display());
    println!("a filter from the template was green after {} s", elapsed.as_secs());
    ensure!(elapsed < LIMIT, "that should not take longer than {} s", LIMIT.as_secs());
    Ok(())
}

fn cargo(directory: &Path, arguments: &[&str]) -> Result<()> {
    println!("in a scratch copy: cargo {}", arguments.join(" "));
    let mut cargo = Command::new("cargo");
    let cargo = cargo.args(arguments).current_dir(directory).env_remove("CARGO_TARGET_DIR");
    let status = cargo.status().context("cargo cannot be run")?;
    ensure!(status.success(), "cargo {} failed in {}", arguments.join(" "), directory.display());
    Ok(())
}

/// Removes what was compiled of our own code: cargo would take it for the copy's, or write it anew through
/// the link.
fn forget_members(copy: &Path, directory: &str) -> Result<()> {
    let metadata = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata = output(Command::new("cargo").args(metadata).current_dir(copy))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut arguments = vec!["clean", "--quiet", "--target-dir", directory];
    for package in packages {
        arguments.extend(["--package", package["name"].as_str().context("a package without a name")?]);
    }
    cargo(copy, &arguments)
}

/// Copies what git knows, or would if it were added.
fn copy_sources(root: &Path, copy: &Path) -> Result<()> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let list = output(Command::new("git").args(list).current_dir(root))?;
    for file in list.split_terminator('\0') {
        let (from, to) = (root.join(file), copy.join(file));
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file in no folder")?)?;
            fs::copy(&from, &to).with_context(|| file.to_owned())?;
        }
    }
    Ok(())
}

/// Makes every file of a folder be in another one too.
fn link_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link_tree(&entry.path(), &to)?;
        } else {
            fs::hard_link(entry.path(), &to).with_context(|| to.display().to_string())?;
        }
    }
    Ok(())
}
