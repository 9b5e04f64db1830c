//! Set-up and checks of this repository.

mod chromium;
mod consumers;
mod cycles;
mod debian;
mod editors;
mod global;
mod lint_wasm;
mod matrix;
mod node;
mod once;
mod playground;
mod release;
mod semver;
mod setup;
mod test;
mod test_modules;
mod try_new;
mod workspace_hack;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask setup [demo|bench|global|consumers|release] | test [CARGO-TEST-ARGUMENTS] | test-matrix [--short] [VERSION...] | test-editors | try-new | cycles | semver [REVISION] | workspace-hack | lint-wasm | playground [--build-only] | test-playground [--short] [TEST-ARGUMENTS]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["setup"] => setup::run(),
        ["setup", "demo"] => setup::demo(),
        ["setup", "bench"] => setup::bench(),
        ["setup", "global"] => setup::run().and_then(|()| global::run()),
        ["setup", "consumers"] => setup::run().and_then(|()| consumers::run()),
        ["setup", "release"] => release::run(),
        ["playground"] => playground::build().and_then(|()| playground::serve()),
        ["playground", "--build-only"] => playground::build(),
        ["test-playground", arguments @ ..] => playground::test(arguments),
        ["lint-wasm"] => lint_wasm::run(),
        ["cycles"] => cycles::run(),
        ["workspace-hack"] => workspace_hack::run(),
        ["try-new"] => try_new::run(),
        ["semver"] => semver::run(None),
        ["semver", revision] => semver::run(Some(revision)),
        ["test-editors"] => editors::run(),
        ["test-matrix", arguments @ ..] => matrix::run(arguments),
        ["test", filter @ ..] => test_modules::run().and_then(|()| test::run(filter)),
        _ => bail!("{USAGE}"),
    }
}
