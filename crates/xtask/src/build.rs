//! Builds every filter into `target/filters/<name>.wasm`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use testbed::parts;

use crate::exports;
use crate::paths;
use crate::toolchain::{TARGET, Toolchain};

/// As in `.cargo/config.toml`, whose flags do not count where flags come from the environment.
const ALLOW_UNDEFINED: &str = "-Clink-arg=--allow-undefined";

/// Between two flags in cargo's variable; flags may contain spaces.
const SEPARATOR: &str = "\x1f";

pub fn run() -> Result<()> {
    let root = parts::root();
    let filters = filters(&root.join("filters"))?;
    let toolchain = Toolchain::ready()?;
    println!("building {} filters for {TARGET}", filters.len());
    let linked = filters.iter().map(|name| link(&toolchain, name)).collect::<Result<Vec<_>>>()?;
    fs::create_dir_all(parts::filters())?;
    println!("{:<14} {:>9}  sha256", "filter", "bytes");
    for (name, linked) in filters.iter().zip(linked) {
        let module = shipped(&linked).with_context(|| linked.display().to_string())?;
        fs::write(parts::filter(name), &module)?;
        println!("{name:<14} {:>9}  {}", module.len(), hex(&Sha256::digest(&module)));
    }
    println!("in {}", parts::filters().display());
    Ok(())
}

/// The names of the filters: those of their folders. What else lies there, a `.DS_Store` or what a branch
/// with another filter left behind, is none.
fn filters(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The module as it ships.
fn shipped(linked: &Path) -> Result<Vec<u8>> {
    let module = exports::keep_registered(&fs::read(linked)?)?;
    paths::check(&module)?;
    Ok(module)
}

/// Compiles and links one filter. The crate type is given here because a manifest that names both
/// `cdylib` and `rlib` switches link-time optimisation off.
fn link(toolchain: &Toolchain, name: &str) -> Result<PathBuf> {
    let target_directory = parts::root().join("target/wasm");
    let (mut cargo, mut flags) = toolchain.cargo();
    flags.push(ALLOW_UNDEFINED.into());
    flags.extend(paths::remapped());
    let status = cargo
        .current_dir(parts::root())
        .args(["rustc", "--release", "--target", TARGET, "--crate-type", "cdylib", "--package", name])
        .arg("--target-dir")
        .arg(&target_directory)
        // Of all places that flags come from this one wins, so what ships does not depend on the user's.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "{name} does not build");
    Ok(target_directory.join(format!("{TARGET}/release/{}.wasm", name.replace('-', "_"))))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
