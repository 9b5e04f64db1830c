//! Debian packages.

use std::process::Command;

use anyhow::{Result, ensure};

/// The arguments with which `apt-get` installs packages. `--no-remove` keeps the user's own, such as Debian's rustup.
pub const INSTALL: [&str; 4] = ["install", "-y", "--no-remove", "--no-install-recommends"];

/// Returns the command that installs packages.
pub fn command(packages: &[&str]) -> String {
    format!("apt-get {} {}", INSTALL.join(" "), packages.join(" "))
}

/// Installs packages and prints the command. Returns `false` if the user is not root or there is no `apt-get`.
///
/// # Errors
/// `apt-get` fails.
pub fn install(packages: &[&str]) -> Result<bool> {
    if !is_root() || Command::new("apt-get").arg("--version").output().is_err() {
        return Ok(false);
    }
    eprintln!("installing Debian packages: {}", command(packages));
    apt(&["update", "-q"])?;
    apt(&[INSTALL.as_slice(), &["-q"], packages].concat())?;
    Ok(true)
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status()?;
    ensure!(status.success(), "apt-get {} failed", arguments.join(" "));
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
