//! `just release REGISTRY`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use harness::parts;
use release::assets;

fn main() -> ExitCode {
    harness::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [registry] = arguments.as_slice() else { bail!("usage: release REGISTRY") };
    assets::write(registry, &parts::root().join("target/release-assets"))
}
