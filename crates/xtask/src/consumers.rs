//! Compiles a program with the code of those who run our images, where there is Go.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::setup::once;

const SOURCES: &str = "crates/manifests/tests/consumers/go";

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!("there is no Go here: Istio's and Envoy Gateway's own code is not tried");
        return Ok(());
    };
    let sources = parts::root().join(SOURCES);
    let mut texts = Vec::new();
    for entry in fs::read_dir(&sources).context(SOURCES)? {
        texts.push(fs::read_to_string(entry?.path())?);
    }
    texts.sort();
    let program = parts::consumers();
    let folder = program.parent().context("a program has a folder")?;
    once(folder, &texts.concat(), || {
        println!("compiling Istio's fetcher and validation with Go into target/parts (two minutes)");
        // Compiled without optimisation: it runs for a moment, and takes a third less to compile.
        let arguments = ["build", "-gcflags=all=-N -l", "-ldflags=-s -w", "-o"];
        let status = Command::new(&go).args(arguments).arg(&program).current_dir(&sources).status();
        ensure!(status.context("go cannot be run")?.success(), "go build in {SOURCES} failed");
        Ok(())
    })
}
