//! Set-up and checks of this repository.

mod chromium;
mod consumers;
mod cycles;
mod debian;
mod deny;
mod editors;
mod fuzz;
mod global;
mod lint_wasm;
mod matrix;
mod miri;
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

const USAGE: &str = "usage: cargo xtask COMMAND, where COMMAND is one of
  advisories CLONE
  cycles
  deny
  fuzz [TARGET SECONDS | --all SECONDS]
  keep-fuzz [TARGET...]
  lint-wasm
  miri [PACKAGE NAME...]
  playground [--build-only]
  semver [REVISION]
  setup [demo|bench|global|consumers|release|deny|miri|fuzz]
  test [CARGO-TEST-ARGUMENTS]
  test-editors
  test-matrix [--short] [VERSION...]
  test-playground [--short] [TEST-ARGUMENTS]
  try-new
  workspace-hack";

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
        ["setup", "fuzz"] => fuzz::setup(),
        ["setup", "deny"] => deny::setup(),
        ["setup", "miri"] => miri::setup(),
        ["deny"] => deny::run(),
        ["advisories", clone] => deny::renew(clone),
        ["miri"] => miri::run(None),
        ["miri", package, names @ ..] => miri::run(Some((package, names))),
        ["playground"] => playground::build().and_then(|()| playground::serve()),
        ["playground", "--build-only"] => playground::build(),
        ["test-playground", arguments @ ..] => playground::test(arguments),
        ["lint-wasm"] => lint_wasm::run(),
        ["cycles"] => cycles::run(),
        ["workspace-hack"] => workspace_hack::run(),
        ["try-new"] => try_new::run(),
        ["semver"] => semver::run(None),
        ["semver", revision] => semver::run(Some(revision)),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["keep-fuzz", targets @ ..] => fuzz::keep(targets),
        ["test-editors"] => editors::run(),
        ["test-matrix", arguments @ ..] => matrix::run(arguments),
        ["test", filter @ ..] => test_modules::run().and_then(|()| test::run(filter)),
        _ => bail!("{USAGE}"),
    }
}
