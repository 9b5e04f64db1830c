//! Cargo's target directory, and where modules are in it.

use std::path::{Path, PathBuf};

/// Names the directory of the built modules. Programs read it when they run.
pub const MODULES: &str = "PROXY_FILTER_MODULES";

/// The directory of the built modules in the target directory, unless [`MODULES`] names another one.
pub const DEFAULT_MODULES: &str = "proxy-filter";

/// The directory in which modules are compiled, in the target directory, apart from programs for this machine.
pub const WASM: &str = "wasm";

/// The compilation target of modules.
pub const WASM_TARGET: &str = "wasm32-wasip1";

/// The cargo profile of modules.
pub const WASM_PROFILE: &str = "release";

/// Files of which a target directory has at least one. Cargo writes the first only if it creates the directory, and not if
/// it finds one that has modules in it; it writes the second when it first compiles.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// Returns the path of a filter's module as the linker wrote it.
pub fn linked(target: &Path, filter: &str) -> PathBuf {
    let file = format!("{}.wasm", filter.replace('-', "_"));
    target.join(WASM).join(WASM_TARGET).join(WASM_PROFILE).join(file)
}

/// Returns the target directory in which this program was built: the first directory above it that has cargo's marks.
/// `None` if it runs elsewhere, as documentation tests do, and those that cargo's `build-dir` keeps elsewhere.
pub fn directory() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let is_target = |directory: &&Path| MARKS.iter().any(|mark| directory.join(mark).is_file());
    program.ancestors().skip(1).find(is_target).map(Path::to_path_buf)
}
