//! Tries `just new` in a scratch copy of the repository: the filter that comes out must build, pass its
//! tests in all three proxies, and be as tidy as the others.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use testbed::parts;

const NAME: &str = "scratch-filter";

/// What is done in the copy, in order.
const STEPS: [&[&str]; 6] = [
    &["xtask", "new", NAME],
    &["fmt", "--all", "--check"],
    &["clippy", "--quiet", "--package", NAME, "--all-targets", "--", "--deny", "warnings"],
    &["xtask", "build"],
    &["xtask", "test", "--package", NAME],
    &["test", "--quiet", "--package", "e2e", "--test", "envoy", "every_file_of_deploy_envoy_is_accepted"],
];

pub fn run() -> Result<()> {
    let (root, copy) = (parts::root(), parts::root().join("target/scratch"));
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| copy.display().to_string())?;
    }
    copy_sources(&root, &copy)?;
    // What was fetched and compiled of others' is the same there.
    fs::create_dir_all(copy.join("target"))?;
    symlink(root.join("target/parts"), copy.join("target/parts"))?;
    symlink(root.join("target/wasm"), copy.join("target/wasm"))?;
    let start = Instant::now();
    for step in STEPS {
        println!("in a scratch copy: cargo {}", step.join(" "));
        let status = Command::new("cargo")
            .args(step)
            .current_dir(&copy)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .status()
            .context("cargo cannot be run")?;
        ensure!(status.success(), "cargo {} failed in {}", step.join(" "), copy.display());
    }
    let module = copy.join(format!("target/filters/{NAME}.wasm"));
    ensure!(module.exists(), "the build made no {}", module.display());
    println!("a filter from the template was green after {} s", start.elapsed().as_secs());
    Ok(())
}

/// Copies what git knows, or would if it were added.
fn copy_sources(root: &Path, copy: &Path) -> Result<()> {
    let list = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git cannot be run")?;
    ensure!(list.status.success(), "git ls-files: {}", String::from_utf8_lossy(&list.stderr));
    for file in String::from_utf8(list.stdout)?.split_terminator('\0') {
        let (from, to) = (root.join(file), copy.join(file));
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file in no folder")?)?;
            fs::copy(&from, &to).with_context(|| file.to_owned())?;
        }
    }
    Ok(())
}
