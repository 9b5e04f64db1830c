//! Brings the engines that `just test-global` tries limits over several machines with: envoyproxy/ratelimit where
//! there is Go, and Limitador on Redis.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{limitador, parts, ratelimit};

use crate::setup::once;

/// envoyproxy/ratelimit, pinned: it makes no releases.
const RATELIMIT: &str =
    "github.com/envoyproxy/ratelimit/src/service_cmd@v1.4.1-0.20260122083618-3fb702589d36";

pub fn run() -> Result<()> {
    match parts::go_tool() {
        Some(go) => once(&parts::go(), RATELIMIT, || {
            println!("compiling envoyproxy/ratelimit with Go into target/parts (a minute)");
            let status = Command::new(&go).args(["install", RATELIMIT]).env("GOBIN", parts::go()).status();
            ensure!(status.context("go cannot be run")?.success(), "go install {RATELIMIT} failed");
            Ok(())
        })?,
        None => println!("there is no Go here: {} is not tried", ratelimit::PROGRAM),
    }
    println!("compiling Limitador with Redis (two minutes at first)");
    let status = Command::new("cargo")
        .args(["build", "--locked", "--quiet", "--manifest-path", limitador::MANIFEST, "--target-dir"])
        .arg(parts::root().join("target"))
        .current_dir(parts::root())
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "{} cannot be built", limitador::MANIFEST);
    Ok(())
}
