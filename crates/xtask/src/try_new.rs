//! Tests `just new`: the new filter must build, pass its tests in all three proxies, and pass the lints. The filter is
//! created in the working tree, where everything else is already compiled, and removed at the end.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::{self, Report};
use cargo_proxy_filter::new::{self, Kind};
use cargo_proxy_filter::project::Project;
use harness::parts;

const NAME: &str = "scratch-filter";

/// The lints that an unchanged new filter must pass.
const LINTS: [&[&str]; 2] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--quiet", "--no-deps", "--package", NAME, "--all-targets", "--", "-Dwarnings"],
];

/// The arguments with which this program runs the filter's own tests.
const TEST: [&str; 3] = ["test", "--package", NAME];

/// The tests of the filter's files of `deploy/`, in a real Envoy.
const DEPLOY: [&[&str]; 2] = [
    &["test", "--test", "envoy", "envoy_accepts_every_file_of_deploy_envoy"],
    &["test", "--test", "cli", "deploy::"],
];

/// A new filter should pass within a minute; a busy machine gets four.
const LIMIT: Duration = Duration::from_secs(240);

pub fn run() -> Result<()> {
    let project = Project::at(&parts::root())?;
    let _trial = Trial::begin(&project)?;
    let start = Instant::now();
    new::run(project.root(), NAME, Kind::Http)?;
    // Read again: now it has the filter.
    build::run(&Project::at(project.root())?, &[NAME], Report::Quiet)?;
    LINTS.into_iter().try_for_each(|lint| run_in(&project, "cargo", lint))?;
    let tests = |arguments: &[&str]| run_in(&project, std::env::current_exe()?, arguments);
    tests(&TEST)?;
    let elapsed = start.elapsed();
    DEPLOY.into_iter().try_for_each(tests)?;
    println!("a filter from the template passed after {} s", elapsed.as_secs());
    ensure!(elapsed < LIMIT, "that should take less than {} s", LIMIT.as_secs());
    Ok(())
}

/// A filter in the working tree, removed when its value is dropped.
struct Trial<'a> {
    project: &'a Project,
    lock: Vec<u8>,
}

impl<'a> Trial<'a> {
    /// Removes what an interrupted run left behind.
    fn begin(project: &'a Project) -> Result<Self> {
        remove(project);
        let lock = fs::read(project.root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
        Ok(Self { project, lock })
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        remove(self.project);
        _ = fs::write(self.project.root().join("Cargo.lock"), &self.lock);
    }
}

/// Removes the filter's files, and the folders that have its name.
fn remove(project: &Project) {
    _ = fs::remove_dir_all(project.root().join("filters").join(NAME));
    for (_, file) in Kind::Http.deploy_files(NAME) {
        let path = project.root().join("deploy").join(file);
        _ = fs::remove_file(&path);
        for folder in path.ancestors().filter(|folder| folder.ends_with(NAME)) {
            _ = fs::remove_dir_all(folder);
        }
    }
    _ = fs::remove_file(project.module(NAME));
}

fn run_in(project: &Project, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<()> {
    let shown = format!("{} {}", program.as_ref().display(), arguments.join(" "));
    println!("{shown}");
    let status = Command::new(program).args(arguments).current_dir(project.root()).status();
    ensure!(status.with_context(|| format!("cannot run {shown}"))?.success(), "{shown} failed");
    Ok(())
}
