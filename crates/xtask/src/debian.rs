//! Debian packages: installed where the user is root and there is `apt-get`, else named.

use std::process::Command;

use anyhow::{Result, ensure};

/// `--no-remove`: a package that conflicts with what the user has (Debian's rustup, say) is not worth it.
const INSTALL: [&str; 4] = ["install", "-y", "--no-remove", "--no-install-recommends"];

/// The command that installs packages.
pub fn command(packages: &[&str]) -> String {
    format!("apt-get {} {}", INSTALL.join(" "), packages.join(" "))
}

/// Installs packages, and says so in one line. `false` if the user is not root or this is no Debian.
pub fn install(packages: &[&str]) -> Result<bool> {
    if !is_root() || Command::new("apt-get").arg("--version").output().is_err() {
        return Ok(false);
    }
    println!("installing Debian packages: {}", command(packages));
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
