//! Installs packages from PyPI, without changing the user's Python.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::build::debian;

/// Creates a virtual environment. Debian's Python adds pip to it only if `python3-venv` is installed; otherwise the
/// user's pip installs into it.
///
/// # Errors
/// There is no Python, or it has no pip and none can be installed.
pub fn create(venv: &Path) -> Result<()> {
    let venv_command = |flag: &[&str]| python(&[&["-m", "venv"], flag].concat()).arg(venv).output();
    let with_pip =
        venv_command(&[]).context("cannot run python3: install Python 3 (Debian package python3)")?;
    if with_pip.status.success() {
        return Ok(());
    }
    if !has_pip(&mut python(&[])) {
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

/// Runs `pip install` in a virtual environment, or with the user's pip for it.
///
/// # Errors
/// pip cannot be run, or fails.
pub fn pip(venv: &Path, arguments: &[&str]) -> Result<()> {
    let of_venv = venv.join("bin/python");
    let mut command = match has_pip(&mut Command::new(&of_venv)) {
        true => Command::new(&of_venv),
        false => python(&[]),
    };
    let is_users = command.get_program() != of_venv.as_os_str();
    command.args(["-m", "pip", "--disable-pip-version-check"]);
    if is_users {
        command.arg("--python").arg(&of_venv);
    }
    // Standard output belongs to the tool's own results.
    let status = command.args(["install", "--quiet", "--progress-bar", "off"]).args(arguments);
    let status = status.stdout(Stdio::null()).status().context("cannot run pip")?;
    ensure!(status.success(), "pip install {} failed", arguments.join(" "));
    Ok(())
}

fn has_pip(python: &mut Command) -> bool {
    python.args(["-m", "pip", "--version"]).output().is_ok_and(|output| output.status.success())
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(arguments);
    command
}
