//! `just release REGISTRY`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use release::assets;
use testbed::parts;

fn main() -> ExitCode {
    testbed::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [registry] = arguments.as_slice() else { bail!("usage: release REGISTRY") };
    assets::write(registry, &parts::root().join("target/release-assets"))
}
