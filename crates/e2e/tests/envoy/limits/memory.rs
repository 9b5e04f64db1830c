//! The memory of a table.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::parts;

use crate::route::direct_response;

/// Many, so that Envoy's other allocations do not matter.
const TABLES: u64 = 200;

/// Rules in a configuration.
const RULES: u64 = 40;

/// How far the README's figure may be off, in percent.
const TOLERANCE: u64 = 10;

/// Configures listeners whose rules have this many tables of the default size. The rules differ by their period.
fn listeners(tables: u64) -> Bootstrap {
    (0..tables).step_by(RULES as usize).fold(Bootstrap::default(), |bootstrap, first| {
        let rule = |number| {
            format!(r#"{{"key": [{{"client_ip": {{}}}}], "limit": 1, "period": "{}h"}}"#, number + 1)
        };
        let rules: Vec<_> = (first..tables.min(first + RULES)).map(rule).collect();
        let limit = [built::filter("rate-limit", &format!(r#"{{"rules": [{}]}}"#, rules.join(", ")))];
        bootstrap.routed(&format!("limited-{first}"), &limit, &[direct_response()])
    })
}

/// Compares one Envoy's memory before and after it gets the tables.
pub(super) fn of_a_table(_: &Fixture) -> Result<()> {
    let envoy = Envoy::start_watching(&listeners(1))?;
    let before = envoy.memory()?;
    envoy.reload(&listeners(1 + TABLES))?;
    let kib = envoy.memory()?.saturating_sub(before) / TABLES / 1024;
    println!("rate-limit: a table of 8192 slots takes {kib} KiB");
    let readme = fs::read_to_string(parts::root().join("filters/rate-limit/README.md"))?;
    let figure =
        readme.split("about ").find_map(|rest| rest.split_once(" KiB of Envoy's memory")?.0.parse().ok());
    let figure: u64 = figure.context("the README does not say `about <number> KiB of Envoy's memory`")?;
    ensure!(figure.abs_diff(kib) * 100 <= figure * TOLERANCE, "the README says {figure} KiB, Envoy {kib}");
    Ok(())
}
