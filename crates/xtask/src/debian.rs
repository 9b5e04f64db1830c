//! Debian packages: installs them if the user is root, or unpacks them into a folder without installing anything.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::command::output;

/// `--no-remove` protects what the user has from packages that conflict with it, such as Debian's rustup.
const INSTALL: [&str; 4] = ["install", "-y", "--no-remove", "--no-install-recommends"];

/// The command that installs packages.
pub fn command(packages: &[&str]) -> String {
    format!("apt-get {} {}", INSTALL.join(" "), packages.join(" "))
}

/// Installs packages. Returns `false` if the user is not root or there is no apt-get.
pub fn install(packages: &[&str]) -> Result<bool> {
    if !is_root() || Command::new("apt-get").arg("--version").output().is_err() {
        return Ok(false);
    }
    println!("installing Debian packages: {}", command(packages));
    apt(&["update", "-q"])?;
    apt(&[INSTALL.as_slice(), &["-q"], packages].concat())?;
    Ok(true)
}

/// Unpacks packages, and dependencies that are not installed, into a folder. Needs no root and starts no service.
///
/// # Errors
/// There is no apt-get, or it cannot download a package.
pub fn unpack(packages: &[&str], into: &Path) -> Result<()> {
    let (state, cache) = (into.join("apt/state"), into.join("apt/cache"));
    fs::create_dir_all(state.join("lists/partial"))?;
    fs::create_dir_all(cache.join("archives/partial"))?;
    let options = [
        format!("Dir::State={}", state.display()),
        format!("Dir::Cache={}", cache.display()),
        // Skips dependencies that are installed.
        "Dir::State::status=/var/lib/dpkg/status".into(),
        "Debug::NoLocking=1".into(),
        "APT::Sandbox::User=".into(),
    ];
    let apt = |arguments: &[&str]| {
        let options = options.iter().flat_map(|option| ["-o", option]);
        output(Command::new("apt-get").args(options).args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&[INSTALL.as_slice(), &["--download-only"], packages].concat())?;
    for archive in fs::read_dir(cache.join("archives"))? {
        let archive = archive?.path();
        if archive.extension().is_some_and(|extension| extension == "deb") {
            output(Command::new("dpkg-deb").arg("--extract").args([&archive, into]))?;
        }
    }
    fs::remove_dir_all(into.join("apt"))?;
    Ok(())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status()?;
    ensure!(status.success(), "apt-get {} failed", arguments.join(" "));
    Ok(())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
