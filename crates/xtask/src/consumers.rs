//! If Go is installed, compiles the test programs that contain code of those who read images and files of this repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::once::once;

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!(
            "Go is not installed: skipping the tests that use code of Istio, Envoy Gateway, Kustomize and Grafana"
        );
        return Ok(());
    };
    let istio = "Istio, Envoy Gateway and Kustomize into target/parts (about two minutes)";
    compile(&go, "crates/cli/tests/consumers/go", &parts::consumers(), istio)?;
    compile(&go, "crates/e2e/tests/grafana/go", &parts::grafana(), "Grafana into target/parts")
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
        // Without optimization it compiles in two thirds of the time. It runs only briefly.
        let arguments = ["build", "-gcflags=all=-N -l", "-ldflags=-s -w", "-o"];
        let status = Command::new(go).args(arguments).arg(program).current_dir(&directory).status();
        ensure!(status.context("cannot run go")?.success(), "go build in {sources} failed");
        Ok(())
    })
}
