//! If Go is installed, compiles the test program that contains code of Istio, Envoy Gateway and Kustomize.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::once::once;

const SOURCES: &str = "crates/cli/tests/consumers/go";

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!(
            "Go is not installed: skipping the tests that use code of Istio, Envoy Gateway and Kustomize"
        );
        return Ok(());
    };
    let sources = parts::root().join(SOURCES);
    let mut texts = Vec::new();
    for entry in fs::read_dir(&sources).context(SOURCES)? {
        texts.push(fs::read_to_string(entry?.path())?);
    }
    texts.sort();
    let program = parts::consumers();
    let folder = program.parent().context("the program has no folder")?;
    once(folder, &texts.concat(), || {
        println!(
            "compiling code of Istio, Envoy Gateway and Kustomize into target/parts (about two minutes)"
        );
        // Without optimization it compiles in two thirds of the time. It runs only briefly.
        let arguments = ["build", "-gcflags=all=-N -l", "-ldflags=-s -w", "-o"];
        let status = Command::new(&go).args(arguments).arg(&program).current_dir(&sources).status();
        ensure!(status.context("cannot run go")?.success(), "go build in {SOURCES} failed");
        Ok(())
    })
}
