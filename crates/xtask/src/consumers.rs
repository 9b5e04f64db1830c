//! If Go is installed, compiles the test program that contains code of Istio, Envoy Gateway and Kustomize, and cosign.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::once::once;

/// What signs images elsewhere.
const COSIGN: &str = "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3";

/// Without optimization the programs compile in two thirds of the time. They run only briefly.
const FLAGS: [&str; 2] = ["-gcflags=all=-N -l", "-ldflags=-s -w"];

const SOURCES: &str = "crates/cli/tests/consumers/go";

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!(
            "Go is not installed: skipping the tests that use code of Istio, Envoy Gateway, Kustomize and cosign"
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
        let mut build = Command::new(&go);
        build.arg("build").args(FLAGS).arg("-o").arg(&program).current_dir(&sources);
        ensure!(build.status().context("cannot run go")?.success(), "go build in {SOURCES} failed");
        Ok(())
    })?;
    let program = parts::cosign();
    let folder = program.parent().context("the program has no folder")?;
    once(folder, COSIGN, || {
        println!("compiling cosign into target/parts (about two minutes)");
        let mut install = Command::new(&go);
        install.arg("install").args(FLAGS).arg(COSIGN).env("GOBIN", folder);
        ensure!(install.status().context("cannot run go")?.success(), "go install {COSIGN} failed");
        Ok(())
    })
}
