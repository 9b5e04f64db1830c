//! A registry in a directory: the published crates as `cargo publish` would upload them, and everything they depend on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::oci::digest::sha256;
use cargo_proxy_filter::temporary;
use harness::command::output;
use harness::parts;
use serde_json::{Value, json};

/// A directory source, which takes the place of the usual registry.
pub(crate) struct Crates {
    directory: PathBuf,
    names: Vec<String>,
}

impl Crates {
    /// Packs every crate of this repository that may be published, and copies the crates of `Cargo.lock` beside them.
    pub(crate) fn pack(below: &Path) -> Result<Self> {
        let (directory, packed, names) = (below.join("registry"), below.join("package"), published()?);
        println!("packing {}", names.join(", "));
        temporary::remove(&directory)?;
        temporary::remove(&packed)?;
        let packages = names.iter().flat_map(|name| ["--package", name]);
        let package = ["package", "--quiet", "--allow-dirty", "--no-verify", "--target-dir"];
        output(cargo(&package).arg(&packed).args(packages))?;
        println!("copying what they depend on");
        output(cargo(&["vendor", "--quiet", "--locked", "--versioned-dirs"]).arg(&directory))?;
        for archive in fs::read_dir(packed.join("package"))? {
            let archive = archive?.path();
            if archive.extension().is_some_and(|extension| extension == "crate") {
                unpack(&archive, &directory)?;
            }
        }
        Ok(Self { directory, names })
    }

    /// Returns the names of the crates that are packed.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the configuration with which cargo finds all crates in this directory and nowhere else. The profile is that of
    /// new filters, so that the tool and they share what they depend on.
    pub(crate) fn configuration(&self) -> String {
        let directory = self.directory.display();
        format!(
            "[source.crates-io]\nreplace-with = \"packed\"\n[source.packed]\ndirectory = \"{directory}\"\n\
             [net]\noffline = true\n[profile.dev]\ndebug = false\n[profile.dev.package.cranelift-codegen]\n\
             opt-level = 2\n[profile.dev.package.regalloc2]\nopt-level = 2\n"
        )
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(parts::root());
    cargo
}

/// Lists the crates of the workspace whose manifests do not forbid publishing.
///
/// # Errors
/// They are not those of the justfile's `published`.
fn published() -> Result<Vec<String>> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.context("cargo metadata names no packages")?.iter();
    let may_be = packages.filter(|package| package.get("publish").is_some_and(Value::is_null));
    let mut names: Vec<_> =
        may_be.filter_map(|package| Some(package.get("name")?.as_str()?.to_owned())).collect();
    names.sort();
    let expected = published_by_justfile()?;
    ensure!(names == expected, "these crates may be published: {names:?}, but the justfile has {expected:?}");
    Ok(names)
}

fn published_by_justfile() -> Result<Vec<String>> {
    let justfile = fs::read_to_string(parts::root().join("justfile"))?;
    let list = justfile.lines().find_map(|line| line.strip_prefix("published := "));
    let list = list.context("the justfile has no `published`")?.trim_matches('"');
    let mut names: Vec<_> = list.split_whitespace().filter(|word| *word != "-p").map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

fn unpack(archive: &Path, into: &Path) -> Result<()> {
    output(Command::new("tar").arg("-xzf").arg(archive).arg("--directory").arg(into))?;
    let directory = into.join(archive.file_stem().context("an archive without a name")?);
    // No checksums of single files: cargo then checks none.
    let checksums = json!({"files": {}, "package": sha256(&fs::read(archive)?)});
    Ok(fs::write(directory.join(".cargo-checksum.json"), checksums.to_string())?)
}
