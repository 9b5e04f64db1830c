//! What the justfile calls.

mod build;
mod circles;
mod consumers;
mod debian;
mod exports;
mod global;
mod link;
mod lint_wasm;
mod new;
mod paths;
mod release;
mod setup;
mod snapshots;
mod test;
mod test_modules;
mod toolchain;
mod try_new;
mod version;
mod workspace_hack;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask setup [demo|global|consumers|release] | build | test [CARGO-TEST-ARGUMENTS] | new NAME | try-new | snapshots [FILTER...] | version X.Y.Z | circles | workspace-hack | lint-wasm";

fn main() -> ExitCode {
    harness::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["setup"] => setup::run(),
        ["setup", "demo"] => setup::demo(),
        ["setup", "global"] => setup::run().and_then(|()| global::run()),
        ["setup", "consumers"] => setup::run().and_then(|()| consumers::run()),
        ["setup", "release"] => release::run(),
        ["build"] => build::run(),
        ["lint-wasm"] => lint_wasm::run(),
        ["circles"] => circles::run(),
        ["workspace-hack"] => workspace_hack::run(),
        ["new", name] => new::run(name),
        ["version", version] => version::run(version),
        ["try-new"] => try_new::run(),
        ["snapshots", filters @ ..] => snapshots::run(filters),
        ["test", filter @ ..] => test_modules::run().and_then(|()| test::run(filter)),
        _ => bail!("{USAGE}"),
    }
}
