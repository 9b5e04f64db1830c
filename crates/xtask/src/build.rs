//! Builds every filter into `target/filters/<name>.wasm`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::parts;
use sha2::{Digest, Sha256};

use crate::exports;
use crate::link;
use crate::paths;
use crate::toolchain::{TARGET, Toolchain};

pub fn run() -> Result<()> {
    let filters = parts::filter_names()?;
    let toolchain = Toolchain::ready()?;
    let compiler = toolchain.version()?;
    println!("building {} filters for {TARGET} with {compiler}", filters.len());
    let linked = filters.iter().map(|name| link(&toolchain, name)).collect::<Result<Vec<_>>>()?;
    fs::create_dir_all(parts::filters())?;
    println!("{:<14} {:>9}  sha256", "filter", "bytes");
    for (name, linked) in filters.iter().zip(linked) {
        let module = shipped(&linked).with_context(|| linked.display().to_string())?;
        fs::write(parts::filter(name), &module)?;
        println!("{name:<14} {:>9}  {}", module.len(), hex(&Sha256::digest(&module)));
    }
    fs::write(parts::compiler(), compiler + "\n")?;
    println!("in {}", parts::filters().display());
    Ok(())
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
    let linked = link::cargo(toolchain, "rustc", &["--crate-type", "cdylib", "--package", name])?;
    Ok(linked.join(format!("{}.wasm", name.replace('-', "_"))))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
