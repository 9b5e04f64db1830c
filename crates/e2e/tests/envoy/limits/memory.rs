//! What a table costs Envoy.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::parts;

use super::answered;

const TABLES: u64 = 40;

/// What the README's figure may be off by, in a hundred.
const TOLERANCE: u64 = 15;

/// The difference between an Envoy with one table and one with many, of the size that rules have by default.
pub(super) fn of_a_table(_: &Lab) -> Result<()> {
    let memory = |tables: u64| {
        let rule = |number| {
            format!(r#"{{"key": [{{"client_ip": {{}}}}], "limit": 1, "period": "{}h"}}"#, number + 1)
        };
        let rules: Vec<_> = (0..tables).map(rule).collect();
        let limit = [Filter::new("rate-limit", &format!(r#"{{"rules": [{}]}}"#, rules.join(", ")))];
        Envoy::start(&Bootstrap::default().routed("limited", &limit, &[answered()]))?.memory()
    };
    let kib = memory(TABLES + 1)?.saturating_sub(memory(1)?) / TABLES / 1024;
    println!("a table of 8192 slots takes {kib} KiB");
    let readme = fs::read_to_string(parts::root().join("filters/rate-limit/README.md"))?;
    let figure =
        readme.split("about ").find_map(|rest| rest.split_once(" KiB of Envoy's memory")?.0.parse().ok());
    let figure: u64 = figure.context("the README names no figure")?;
    ensure!(figure.abs_diff(kib) * 100 <= figure * TOLERANCE, "the README says {figure} KiB, it is {kib}");
    Ok(())
}
