//! Builds envoyproxy/ratelimit for `just test-global`.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{parts, ratelimit};

use crate::once::once;

/// A pinned commit: the project publishes no releases.
const RATELIMIT: &str =
    "github.com/envoyproxy/ratelimit/src/service_cmd@v1.4.1-0.20260122083618-3fb702589d36";

pub fn run() -> Result<()> {
    let Some(go) = parts::go_tool() else {
        println!("Go is not installed: skipping {}; install Go from https://go.dev/dl/", ratelimit::PROGRAM);
        return Ok(());
    };
    once(&parts::go(), RATELIMIT, || {
        println!("building envoyproxy/ratelimit with Go in target/parts (about a minute)");
        let status = Command::new(&go).args(["install", RATELIMIT]).env("GOBIN", parts::go()).status();
        ensure!(status.context("cannot run go")?.success(), "go install {RATELIMIT} failed");
        Ok(())
    })
}
