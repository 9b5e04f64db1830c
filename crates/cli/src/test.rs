//! `cargo proxy-filter test`: builds the filters and runs their tests: natively, in wasmtime and in a real Envoy.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::locate::{ENVOY, ENVOY_VERSION};
use proxy_filter_envoy::target::MODULES;

use crate::build::{self, Report};
use crate::project::{FilterPackage, Project};
use crate::{envoy, variables};

/// Builds filters, those with these names or all, and runs their tests with `arguments` for the test binaries. Returns
/// cargo's exit code. Fetches the Envoy that `version`, the variable `ENVOY` or the manifests name, or the default version. If
/// that cannot be fetched, says so: tests in Envoy are then ignored.
///
/// # Errors
/// A filter is unknown or does not build, the Envoy that is asked for cannot be fetched, or cargo cannot be run.
pub fn run(
    project: &Project,
    names: &[impl AsRef<str>],
    version: Option<&str>,
    arguments: &[String],
) -> Result<ExitCode> {
    let filters = project.select(names)?;
    let envoy = envoy_for(project, &filters, version)?;
    build::run(project, names, Report::Quiet)?;
    let mut cargo = Command::new("cargo");
    cargo.arg("test").args(filters.iter().flat_map(|filter| ["--package", &filter.name]));
    if !arguments.is_empty() {
        cargo.arg("--").args(arguments);
    }
    // With cargo's `build-dir`, a test is outside the target directory, so it cannot find the modules itself.
    cargo.env(MODULES, project.modules());
    if let Some(envoy) = envoy {
        cargo.env(ENVOY, envoy);
    }
    code(cargo.current_dir(project.root()).status().context("cannot run cargo")?)
}

/// Returns the Envoy to name to the tests. They find the default version themselves.
fn envoy_for(
    project: &Project,
    filters: &[&FilterPackage],
    version: Option<&str>,
) -> Result<Option<PathBuf>> {
    let cache = envoy::cache(project.root());
    let of_manifests = of_manifests(project, filters)?;
    if let Some(version) = version {
        return envoy::fetched(&cache, version).map(Some);
    }
    if variables::path(project.root(), ENVOY).is_some() {
        return Ok(None);
    }
    match of_manifests {
        Some(version) if version != ENVOY_VERSION => envoy::fetched(&cache, version).map(Some),
        _ => {
            if let Err(error) = envoy::fetched(&cache, ENVOY_VERSION) {
                eprintln!("cannot run tests in a real Envoy, so they are ignored: {error:#}");
            }
            Ok(None)
        }
    }
}

/// Returns the version of Envoy that the manifests ask for.
fn of_manifests<'a>(project: &'a Project, filters: &[&'a FilterPackage]) -> Result<Option<&'a str>> {
    let of_all = project.layout().envoy.as_deref();
    let versions: BTreeSet<_> =
        filters.iter().map(|filter| filter.envoy.as_deref().or(of_all).unwrap_or(ENVOY_VERSION)).collect();
    ensure!(
        versions.len() <= 1,
        "the filters ask for different versions of Envoy ({}): test them one at a time with `-p`, or choose one with \
         `--envoy-version`",
        versions.into_iter().collect::<Vec<_>>().join(", ")
    );
    Ok(versions.first().copied())
}

/// Returns cargo's exit code as the tool's.
///
/// # Errors
/// A signal ended cargo.
pub(crate) fn code(status: ExitStatus) -> Result<ExitCode> {
    let code = status.code().context("a signal ended cargo")?;
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}
