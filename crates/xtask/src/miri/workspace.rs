//! Copies of packages that depend on no test kit.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_proxy_filter::temporary;
use harness::parts;

/// The packages, without those of the test kit.
const PACKAGES: [&str; 5] =
    ["shared", "crates/explore", "crates/limits", "crates/model", "crates/regex-replace"];

/// Dependencies of tests: what compiles wasmtime, what only documentation uses, and what only the whole workspace needs.
const KIT: [&str; 4] = ["proxy-filter-envoy", "proxy-filter-test", "proxy-model", "workspace-hack"];

/// Makes a workspace with links to the packages' sources, and with their manifests without the kit. The rest of the repository,
/// integration tests among it, is not in it.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn create() -> Result<PathBuf> {
    let (root, workspace) = (parts::root(), parts::root().join("target/miri/workspace"));
    temporary::remove(&workspace)?;
    for package in PACKAGES {
        let (from, to) = (root.join(package), workspace.join(package));
        fs::create_dir_all(&to)?;
        for name in ["src", "README.md"] {
            if from.join(name).exists() {
                symlink(from.join(name), to.join(name)).with_context(|| to.display().to_string())?;
            }
        }
        write(&from, &to, without_kit)?;
    }
    write(&root, &workspace, |manifest| with_members(&manifest))?;
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    Ok(workspace)
}

/// Writes the manifest in `from` to `to`, changed.
fn write(from: &Path, to: &Path, change: impl FnOnce(String) -> String) -> Result<()> {
    let path = from.join("Cargo.toml");
    let manifest = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(fs::write(to.join("Cargo.toml"), change(manifest))?)
}

/// Drops the dependencies on the kit, and examples and tests, whose sources are not there.
fn without_kit(manifest: String) -> String {
    let mut is_target = false;
    let kept = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            is_target = line.starts_with("[[");
        }
        !is_target && !KIT.iter().any(|package| line.starts_with(package))
    });
    kept.map(|line| format!("{line}\n")).collect()
}

fn with_members(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| match line.starts_with("members = ") {
        true => format!("members = {PACKAGES:?}\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_does_not_depend_on_the_kit() {
        let manifest = "[package]\nname = \"a\"\n[dev-dependencies]\nproptest = \"1\"\nproxy-filter-test = { path = \"x\" }\n[[example]]\nname = \"b\"\n[lints]\nworkspace = true\n";
        let expected =
            "[package]\nname = \"a\"\n[dev-dependencies]\nproptest = \"1\"\n[lints]\nworkspace = true\n";
        assert_eq!(without_kit(manifest.to_owned()), expected);
        assert_eq!(with_members("[workspace]\nmembers = [\"x/*\"]\n").lines().count(), 2);
        assert!(with_members("members = []").contains("\"shared\""));
    }
}
