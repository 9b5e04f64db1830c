//! `just manifests REGISTRY TAG`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use manifests::filled;
use testbed::parts;

fn main() -> ExitCode {
    testbed::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [registry, tag] = arguments.as_slice() else { bail!("usage: manifests REGISTRY TAG") };
    for path in filled::write(registry, tag, &parts::root().join("target/manifests"))? {
        println!("{}", path.display());
    }
    Ok(())
}
