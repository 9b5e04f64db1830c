//! The tables of metrics in the filters' READMEs.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::parts;

/// The names of a table's metrics, with the names of their labels in alphabetical order.
pub type Metrics = BTreeMap<String, Vec<String>>;

/// Reads the sections `## Metrics` of the filters' READMEs, by filter. A filter that `just new` has created has none.
///
/// # Errors
/// A README cannot be read or has no table in that section, or fewer than four have one.
pub fn all() -> Result<BTreeMap<String, Metrics>> {
    let mut all = BTreeMap::new();
    for filter in parts::filter_names()? {
        let path = parts::root().join("filters").join(&filter).join("README.md");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if let Some((_, section)) = text.split_once("\n## Metrics\n") {
            all.insert(filter, metrics(section).with_context(|| path.display().to_string())?);
        }
    }
    ensure!(all.len() >= 4, "only these filters have metrics: {:?}", all.keys());
    Ok(all)
}

fn metrics(section: &str) -> Result<Metrics> {
    let section = section.split("\n## ").next().unwrap_or(section);
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        let mut labels: Vec<_> =
            cells.next()?.split(", ").map(|label| label.trim_matches('`').to_owned()).collect();
        labels.sort();
        Some((name, labels))
    };
    let metrics: Metrics = section.lines().filter_map(row).collect();
    ensure!(!metrics.is_empty(), "no table of metrics");
    Ok(metrics)
}
