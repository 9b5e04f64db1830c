//! Checks dependencies with cargo-deny: their licenses, sources, duplicates and advisories, as `deny.toml` says.

mod database;
mod program;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;
use harness::parts;

use database::MadeUp;

/// An advisory about a package that ships in every module: a check that misses it checks nothing.
const MADE_UP: MadeUp = MadeUp { id: "RUSTSEC-2000-0001", package: "serde_json" };

/// Fetches cargo-deny. If that fails, prints why.
///
/// # Errors
/// In CI, cargo-deny cannot be fetched.
pub fn setup() -> Result<()> {
    program::ready().map(drop)
}

/// Checks the dependencies in every lock file of the repository; outside the workspace, only advisories and sources.
///
/// # Errors
/// A dependency is not what `deny.toml` allows, or in CI cargo-deny cannot be fetched.
pub fn run() -> Result<()> {
    let Some(program) = program::ready()? else { return Ok(()) };
    database::create(Some(MADE_UP))?;
    let missed =
        deny(&program, &parts::root()).arg("advisories").output().context("cannot run cargo-deny")?;
    let found = !missed.status.success() && String::from_utf8_lossy(&missed.stderr).contains(MADE_UP.id);
    ensure!(found, "cargo-deny misses a made-up advisory about {}", MADE_UP.package);
    println!("{}", database::create(None)?);
    for folder in locked()? {
        let name = folder.strip_prefix(parts::root()).unwrap_or(&folder).join("Cargo.lock");
        println!("{}", name.display());
        // cargo-deny reads the packages of every platform, and fetches none itself.
        output(Command::new("cargo").args(["fetch", "--locked"]).current_dir(&folder))?;
        let mut checked = deny(&program, &folder);
        if folder != parts::root() {
            // Tools that nobody gets, and that have none of the exceptions.
            checked.args(["--allow", "advisory-not-detected", "advisories", "sources"]);
        }
        let checked = checked.status().context("cannot run cargo-deny")?;
        ensure!(checked.success(), "deny.toml does not allow a dependency in {}", name.display());
    }
    Ok(())
}

/// Replaces the copied advisories with those of a clone of the database.
///
/// # Errors
/// The clone has no advisories, or the copy cannot be written.
pub fn renew(clone: &str) -> Result<()> {
    let mut packages = BTreeSet::new();
    for folder in locked()? {
        let lock = std::fs::read_to_string(folder.join("Cargo.lock"))?;
        let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        packages.extend(names.map(str::to_owned));
    }
    database::renew(Path::new(clone), &packages)
}

/// Lists the folders with a lock file that git has.
fn locked() -> Result<Vec<PathBuf>> {
    let root = parts::root();
    let mut git = Command::new("git");
    let files = output(git.arg("-C").arg(&root).args(["ls-files", "Cargo.lock", "*/Cargo.lock"]))?;
    let folders: Vec<_> =
        files.lines().filter_map(|file| root.join(file).parent().map(Path::to_path_buf)).collect();
    ensure!(!folders.is_empty(), "git has no Cargo.lock");
    Ok(folders)
}

/// Returns a command that checks the packages in a folder.
fn deny(program: &Path, folder: &Path) -> Command {
    let mut deny = Command::new(program);
    // Paths in the configuration are relative to the working directory.
    deny.current_dir(parts::root()).arg("--manifest-path").arg(folder.join("Cargo.toml"));
    deny.args(["--locked", "--offline", "--config"]).arg(parts::root().join("deny.toml"));
    deny.args(["check", "--hide-inclusion-graph"]);
    deny
}
