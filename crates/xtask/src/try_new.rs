//! Tests `just new`: a new filter of each template must build, pass its tests in all three proxies, and pass the lints. The
//! filters are created in the working tree, where everything else is already compiled, and removed at the end.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::build::{self, Report};
use cargo_proxy_filter::capabilities;
use cargo_proxy_filter::new::{self, Kind};
use cargo_proxy_filter::project::Project;
use harness::parts;

/// The filters, one of each template.
const FILTERS: [(&str, Kind); 3] =
    [("scratch-http", Kind::Http), ("scratch-tcp", Kind::Tcp), ("scratch-callout", Kind::Callout)];

/// The tests of the filters' files of `deploy/`, in a real Envoy.
const DEPLOY: [&[&str]; 2] = [
    &["test", "--test", "envoy", "envoy_accepts_every_file_of_deploy_envoy"],
    &["test", "--test", "cli", "deploy::"],
];

/// The files of the working tree that new filters change.
const CHANGED: [&str; 2] = ["Cargo.lock", "deploy/capabilities.md"];

/// The new filters should pass within two minutes; a busy machine gets six.
const LIMIT: Duration = Duration::from_secs(360);

pub fn run() -> Result<()> {
    let project = Project::at(&parts::root())?;
    let _trial = Trial::begin(&project)?;
    let start = Instant::now();
    for (name, kind) in FILTERS {
        new::run(project.root(), name, kind)?;
    }
    let names = FILTERS.map(|(name, _)| name);
    // Read again: now it has the filters.
    let with_filters = Project::at(project.root())?;
    build::run(&with_filters, &names, Report::Quiet)?;
    capabilities::files::write(&with_filters)?;
    let packages = names.map(|name| ["--package", name]).concat();
    run_in(&project, "cargo", &["fmt", "--all", "--check"])?;
    let lint = [&["clippy", "--quiet", "--no-deps", "--all-targets"], &*packages, &["--", "-Dwarnings"]];
    run_in(&project, "cargo", &lint.concat())?;
    let tests = |arguments: &[&str]| run_in(&project, std::env::current_exe()?, arguments);
    tests(&[&["test"], &*packages].concat())?;
    let elapsed = start.elapsed();
    DEPLOY.into_iter().try_for_each(tests)?;
    println!("a filter of each template passed after {} s", elapsed.as_secs());
    ensure!(elapsed < LIMIT, "that should take less than {} s", LIMIT.as_secs());
    Ok(())
}

/// Filters in the working tree, removed when the value is dropped.
struct Trial<'a> {
    project: &'a Project,
    /// The files that change, and what they contain.
    kept: Vec<(PathBuf, Vec<u8>)>,
}

impl<'a> Trial<'a> {
    /// Removes what an interrupted run left behind.
    fn begin(project: &'a Project) -> Result<Self> {
        remove(project);
        let files = CHANGED.map(|file| project.root().join(file)).into_iter();
        let kept = files.map(|file| {
            let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok((file, text))
        });
        Ok(Self { project, kept: kept.collect::<Result<_>>()? })
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        remove(self.project);
        for (file, text) in &self.kept {
            _ = fs::write(file, text);
        }
    }
}

/// Removes the filters' files, and the directories that have their names.
fn remove(project: &Project) {
    for (name, kind) in FILTERS {
        _ = fs::remove_dir_all(project.root().join("filters").join(name));
        for (_, file) in kind.deploy_files(name) {
            let path = project.root().join("deploy").join(file);
            _ = fs::remove_file(&path);
            for directory in path.ancestors().filter(|directory| directory.ends_with(name)) {
                _ = fs::remove_dir_all(directory);
            }
        }
        _ = fs::remove_file(project.module(name));
    }
}

fn run_in(project: &Project, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<()> {
    let shown = format!("{} {}", program.as_ref().display(), arguments.join(" "));
    println!("{shown}");
    let status = Command::new(program).args(arguments).current_dir(project.root()).status();
    ensure!(status.with_context(|| format!("cannot run {shown}"))?.success(), "{shown} failed");
    Ok(())
}
