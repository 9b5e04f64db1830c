//! What the justfile calls.

mod build;
mod debian;
mod exports;
mod setup;
mod toolchain;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask setup | build";

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["setup"] => setup::run(),
        ["build"] => build::run(),
        _ => bail!("{USAGE}"),
    }
}
