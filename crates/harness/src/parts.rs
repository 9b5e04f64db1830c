//! The modules that `just build` builds and the programs that `just setup` fetches: their paths, and which are missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use proxy_filter_envoy::{locate, target};

pub use proxy_filter_envoy::locate::ENVOY_VERSION;

/// The oldest Envoy that the filters are tested in.
pub const OLDEST_ENVOY_VERSION: &str = {
    let [oldest, ..] = locate::ENVOY_VERSIONS;
    oldest
};

/// Returns the repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// Returns the directory of the built filters.
pub fn filters() -> PathBuf {
    root().join("target/filters")
}

/// Returns the filters' names: the directories in `filters/` that have a `Cargo.toml`. Ignores other files, such as
/// `.DS_Store` or leftovers of another branch.
///
/// # Errors
/// The directory cannot be read.
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

/// Returns the path of a built filter.
pub fn filter(name: &str) -> PathBuf {
    filters().join(format!("{name}.wasm"))
}

/// Returns the path of a filter as the linker wrote it.
pub fn linked(name: &str) -> PathBuf {
    target::linked(&root().join("target"), name)
}

/// Returns the directory of the modules that only tests load. Their names start with `tests/`.
pub fn test_modules() -> PathBuf {
    filters().join("tests")
}

/// Returns the path of httpbin's virtual environment.
pub fn venv() -> PathBuf {
    root().join("target/parts/venv")
}

/// The programs that tests run, and their Debian packages.
pub const DEBIAN_PROGRAMS: [(&str, &str); 10] = [
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("redis-server", "redis-server"),
    ("redis-cli", "redis-tools"),
    ("nginx", "nginx"),
    ("haproxy", "haproxy"),
    ("varnishd", "varnish"),
    ("docker-registry", "docker-registry"),
    ("skopeo", "skopeo"),
    // With `promtool`.
    ("prometheus", "prometheus"),
];

/// Returns the directory of the programs fetched from Debian.
pub fn debian() -> PathBuf {
    root().join("target/parts/debian")
}

/// Finds an installed program. Looks in `sbin` too, which is not on every user's path.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|program| program.is_file())
}

/// Returns a command that runs an installed program, or else one fetched from Debian.
///
/// # Errors
/// The program is neither installed nor fetched.
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

/// Names the first missing program of these, and the command that installs it.
pub fn missing_of(programs: &[&str]) -> Option<String> {
    programs.iter().find_map(|name| program(name).err().map(|error| error.to_string()))
}

/// Returns the path of the Go toolchain, if installed.
pub fn go_tool() -> Option<PathBuf> {
    let usual = PathBuf::from("/usr/local/go/bin/go");
    installed("go").or_else(|| usual.exists().then_some(usual))
}

/// Returns the directory of the programs that `go install` built.
pub fn go() -> PathBuf {
    root().join("target/parts/go")
}

/// Returns the path of the program with Istio's and Envoy Gateway's code.
pub fn consumers() -> PathBuf {
    root().join("target/parts/consumers/consumers")
}

/// Returns the path of the program with Grafana's types.
pub fn grafana() -> PathBuf {
    root().join("target/parts/grafana/grafana")
}

/// Returns the path of cosign, with which tests compare signatures.
pub fn cosign() -> PathBuf {
    root().join("target/parts/cosign/cosign")
}

/// Returns the environment variables that name this repository's folders, as `.cargo/config.toml` sets them for what cargo
/// starts. One that is set keeps its value.
pub fn variables() -> impl Iterator<Item = (&'static str, PathBuf)> {
    let folders = [(target::MODULES, filters()), (locate::CACHE, root().join("target/parts"))];
    folders.into_iter().filter(|(name, _)| std::env::var_os(name).is_none())
}

/// Returns whether this is CI, where nothing may be skipped.
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// Names what is missing to run a module in Envoy, and the command that installs it.
pub fn missing_for_envoy() -> Option<String> {
    absent(locate::envoy(), "just setup").or_else(|| absent(filters(), "just build"))
}

/// Names what is missing for the demo, which also needs httpbin, and the command that installs it.
pub fn missing_for_demo() -> Option<String> {
    missing_for_envoy().or_else(|| absent(venv().join("bin/waitress-serve"), "just setup"))
}

/// Names what is missing for the tests of `e2e`, which also need the oldest Envoy, and the command that installs it.
pub fn missing_for_e2e() -> Option<String> {
    missing_for_demo().or_else(|| absent(locate::cached(OLDEST_ENVOY_VERSION), "just setup"))
}

/// If a file is missing, names the file and the command that creates it.
pub fn absent(path: PathBuf, fix: &str) -> Option<String> {
    (!path.exists()).then(|| format!("{} is missing: run `{fix}`", path.display()))
}
