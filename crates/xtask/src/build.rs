//! Builds every filter into `target/filters/<name>.wasm`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use testbed::parts;

use crate::exports;
use crate::toolchain::{TARGET, Toolchain};

pub fn run() -> Result<()> {
    let root = parts::root();
    let filters = filters(&root.join("filters"))?;
    let toolchain = Toolchain::ready()?;
    println!("building {} filters for {TARGET}", filters.len());
    let linked = filters.iter().map(|name| link(&toolchain, name)).collect::<Result<Vec<_>>>()?;
    fs::create_dir_all(parts::filters())?;
    println!("{:<14} {:>9}  sha256", "filter", "bytes");
    for (name, linked) in filters.iter().zip(linked) {
        let module =
            exports::keep_registered(&fs::read(&linked)?).with_context(|| linked.display().to_string())?;
        fs::write(parts::filter(name), &module)?;
        println!("{name:<14} {:>9}  {}", module.len(), hex(&Sha256::digest(&module)));
    }
    println!("in {}", parts::filters().display());
    Ok(())
}

/// The names of the filters: those of their folders.
fn filters(directory: &Path) -> Result<Vec<String>> {
    let mut names = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Compiles and links one filter. The crate type is given here because a manifest that names both
/// `cdylib` and `rlib` switches link-time optimisation off.
fn link(toolchain: &Toolchain, name: &str) -> Result<PathBuf> {
    let target_directory = parts::root().join("target/wasm");
    let (mut cargo, flags) = toolchain.cargo();
    let flags: Vec<_> = flags.into_iter().chain(remapped_paths()).collect();
    let status = cargo
        .current_dir(parts::root())
        .args(["rustc", "--release", "--target", TARGET, "--crate-type", "cdylib", "--package", name])
        .arg("--target-dir")
        .arg(&target_directory)
        .env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", flags.join(" "))
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "{name} does not build");
    Ok(target_directory.join(format!("{TARGET}/release/{}.wasm", name.replace('-', "_"))))
}

/// Keeps this machine's directories out of the modules' panic messages.
fn remapped_paths() -> Vec<String> {
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo_home = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let rustup_home = std::env::var("RUSTUP_HOME").unwrap_or_else(|_| format!("{home}/.rustup"));
    let root = parts::root().display().to_string();
    [(cargo_home, "/cargo"), (rustup_home, "/rustup"), (root, "/src")]
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
