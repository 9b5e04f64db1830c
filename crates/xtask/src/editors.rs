//! Tests the schemas of configurations with the language services that editors use.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::node::Node;

/// Makes Node.js print a line for each test.
const REPORT: &str = "--test-reporter=spec";

const TESTS: [&str; 2] = ["json.test.js", "yaml.test.js"];

/// Runs the tests in `editors/`. Without Node.js, says that they are skipped; in CI, fails.
///
/// # Errors
/// A test fails, or in CI something is missing.
pub fn run() -> Result<()> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors");
    let ready = Node::ready().and_then(|node| Ok((node.packages("editors", &sources)?, node)));
    let (packages, node) = match ready {
        Ok(ready) => ready,
        Err(error) if !parts::in_ci() => {
            println!("skipping the tests with editors' language services: {error:#}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for test in TESTS {
        let mut command = node.script(&sources.join(test));
        let status = command
            .env("EDITORS_PACKAGES", &packages)
            .env("NODE_OPTIONS", REPORT)
            .status()
            .context("cannot run Node.js")?;
        ensure!(status.success(), "{test} failed");
    }
    Ok(())
}
