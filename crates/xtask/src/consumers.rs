//! If Go is installed, compiles the test programs that contain code of those who read images and files of this repository,
//! and cosign.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::once::once;

/// What signs images elsewhere.
const COSIGN: &str = "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3";

/// Without optimization the programs compile in two thirds of the time. They run only briefly.
const FLAGS: [&str; 2] = ["-gcflags=all=-N -l", "-ldflags=-s -w"];

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!(
            "Go is not installed: skipping the tests that use code of Istio, Envoy Gateway, Kustomize, Grafana and cosign"
        );
        return Ok(());
    };
    let istio = "Istio, Envoy Gateway and Kustomize into target/parts (about two minutes)";
    compile(&go, "crates/cli/tests/consumers/go", &parts::consumers(), istio)?;
    compile(&go, "crates/e2e/tests/grafana/go", &parts::grafana(), "Grafana into target/parts")?;
    install(&go, COSIGN, &parts::cosign(), "cosign into target/parts (about two minutes)")
}

fn compile(go: &Path, sources: &str, program: &Path, what: &str) -> Result<()> {
    let directory = parts::root().join(sources);
    let mut texts = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| sources.to_owned())? {
        texts.push(fs::read_to_string(entry?.path())?);
    }
    texts.sort();
    let folder = program.parent().context("the program has no folder")?;
    once(folder, &texts.concat(), || {
        println!("compiling code of {what}");
        let mut build = Command::new(go);
        build.arg("build").args(FLAGS).arg("-o").arg(program).current_dir(&directory);
        ensure!(build.status().context("cannot run go")?.success(), "go build in {sources} failed");
        Ok(())
    })
}

fn install(go: &Path, module: &str, program: &Path, what: &str) -> Result<()> {
    let folder = program.parent().context("the program has no folder")?;
    once(folder, module, || {
        println!("compiling {what}");
        let mut install = Command::new(go);
        install.arg("install").args(FLAGS).arg(module).env("GOBIN", folder);
        ensure!(install.status().context("cannot run go")?.success(), "go install {module} failed");
        Ok(())
    })
}
