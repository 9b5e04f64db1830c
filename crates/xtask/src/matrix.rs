//! Runs the tests that need Envoy in each version that is supported.

use anyhow::{Result, bail, ensure};
use cargo_proxy_filter::envoy;
use harness::locate::{self, ENVOY_VERSIONS};
use harness::parts;

use crate::test::{Built, Counts};
use crate::{setup, test_modules};

/// The tests, as arguments of `cargo test`. The tests of the cookbook run in the newest and the oldest version by themselves.
const ALL: [&[&str]; 3] = [
    &[
        "--test",
        "envoy",
        "--test",
        "hostile",
        "--test",
        "conformance",
        "--test",
        "failures",
        "--test",
        "metrics",
    ],
    &["--test", "behaviour", "::envoy"],
    &["--test", "cli", "deploy::"],
];

/// A few tests.
const SHORT: [&[&str]; 1] = [&["--test", "versions"]];

/// Runs all tests in these versions, or in all that are supported. With `--short`, runs a few.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (options, named): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| argument.starts_with('-'));
    let versions = if named.is_empty() { &ENVOY_VERSIONS } else { named.as_slice() };
    match options.as_slice() {
        [] => test_modules::run().and_then(|()| in_each(versions, &ALL)),
        ["--short"] => in_each(versions, &SHORT),
        _ => bail!("usage: test-matrix [--short] [VERSION...]"),
    }
}

fn in_each(versions: &[&str], tests: &[&[&str]]) -> Result<()> {
    setup::matrix(versions)?;
    let built = tests.iter().map(|arguments| Built::new(arguments)).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for version in versions {
        let envoy = match envoy::fetched(&locate::cache(), version) {
            Err(error) if !parts::in_ci() => {
                println!("skipping Envoy {version}: {error:#}");
                continue;
            }
            fetched => fetched?,
        };
        println!("\n== Envoy {version}");
        let mut counts = Counts::default();
        for tests in &built {
            counts.add(tests.count(&envoy)?);
        }
        rows.push((version, counts));
    }
    println!("\n| Envoy | passed | known differences | failed |\n|---|---|---|---|");
    for (version, Counts { passed, differences, failed, .. }) in &rows {
        println!("| {version} | {passed} | {} | {} |", differences.len(), failed.len());
    }
    for (version, Counts { differences, failed, only_alone, .. }) in &rows {
        differences.iter().for_each(|difference| println!("Envoy {version}: {difference}"));
        only_alone.iter().for_each(|name| println!("Envoy {version}: passed only alone: {name}"));
        failed.iter().for_each(|failed| println!("Envoy {version}: {failed} failed"));
    }
    ensure!(!rows.is_empty(), "no Envoy ran");
    ensure!(rows.iter().all(|(_, counts)| counts.failed.is_empty()), "tests failed: see above");
    Ok(())
}
