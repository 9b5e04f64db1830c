//! Fetches Debian packages into a folder instead of installing them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use cargo_proxy_filter::build::debian::INSTALL;
use harness::command::output;

/// Unpacks packages into a folder, with the dependencies that the system lacks. It installs nothing: no service
/// starts, and the user need not be root.
///
/// # Errors
/// There is no `apt-get`, or a package cannot be fetched.
pub fn unpack(packages: &[&str], into: &Path) -> Result<()> {
    let (state, cache) = (into.join("apt/state"), into.join("apt/cache"));
    fs::create_dir_all(state.join("lists/partial"))?;
    fs::create_dir_all(cache.join("archives/partial"))?;
    let options = [
        format!("Dir::State={}", state.display()),
        format!("Dir::Cache={}", cache.display()),
        // Skips packages that the system has.
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
