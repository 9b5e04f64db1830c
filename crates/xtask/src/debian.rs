//! Debian packages: installed where the user is root and there is `apt-get`, else named; programs for tests are
//! fetched without installing anything.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::command::output;

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

/// Unpacks packages, with those that they need and the system lacks, into a folder. Nothing is installed: no
/// service starts, and the user need not be root.
///
/// # Errors
/// This is no Debian, or a package cannot be had.
pub fn unpack(packages: &[&str], into: &Path) -> Result<()> {
    let (state, cache) = (into.join("apt/state"), into.join("apt/cache"));
    fs::create_dir_all(state.join("lists/partial"))?;
    fs::create_dir_all(cache.join("archives/partial"))?;
    let options = [
        format!("Dir::State={}", state.display()),
        format!("Dir::Cache={}", cache.display()),
        // What the system has need not be fetched.
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
