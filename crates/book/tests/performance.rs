//! The figures of the book, from those that `just bench` measured.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use book::expect_written;
use harness::parts;
use serde::Deserialize;

const JOBS: [(&str, &str); 4] = [
    ("header", "add one response header"),
    ("five_headers", "add five response headers"),
    ("regex", "rewrite the path by regular expression"),
    ("bucket", "limit requests, one bucket"),
];

const FORMS: [(&str, &str); 5] = [
    ("native", "Envoy's own filter"),
    ("lua", "Lua"),
    ("plain", "plain SDK"),
    ("ours", "this layer"),
    ("specialized", "this layer, specialized"),
];

/// The jobs whose difference is the cost of more headers, and how many more.
const FEW: &str = "header";
const MANY: &str = "five_headers";
const MORE: f64 = 4.0;

/// What the bench measured.
#[derive(Deserialize)]
struct Cost {
    date: String,
    envoy: String,
    /// The first row is a request without a filter.
    instructions: Vec<Row>,
    /// The first module is none.
    modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Row {
    job: String,
    form: String,
    instructions: f64,
    over_no_filter: f64,
}

#[derive(Deserialize)]
struct Module {
    module: String,
    form: String,
    bytes: f64,
    cpu_ms: f64,
    resident_mb: f64,
}

#[test]
fn the_book_has_the_benchs_figures() -> Result<()> {
    let cost: Cost = serde_json::from_str(&fs::read_to_string(parts::root().join("docs/cost.json"))?)?;
    let page = [instructions(&cost)?, modules(&cost)?].concat();
    expect_written("performance.md", &page)
}

/// Shows the instructions that each way of doing a job adds to a request.
fn instructions(cost: &Cost) -> Result<String> {
    let mut added = BTreeMap::new();
    for row in &cost.instructions {
        // A form may do a job in several ways. The bench lists the usual one first.
        added.entry((row.job.as_str(), row.form.as_str())).or_insert(row.over_no_filter);
    }
    let titles: Vec<_> = FORMS.iter().map(|(_, title)| *title).collect();
    let cells = |figure: &dyn Fn(&str) -> Option<f64>| {
        FORMS.map(|(form, _)| figure(form).map_or("-".into(), thousands)).join(" | ")
    };
    let jobs = JOBS
        .map(|(job, title)| format!("| {title} | {} |\n", cells(&|form| added.get(&(job, form)).copied())));
    let one_more = cells(&|form| Some((added.get(&(MANY, form))? - added.get(&(FEW, form))?) / MORE));
    let none = cost.instructions.first().context("no row")?.instructions;
    Ok(format!(
        "\nInstructions that a filter adds to a request, in Envoy {} on {}. Without a filter a request takes {}.\n\n\
         | | {} |\n|---|---:|---:|---:|---:|---:|\n{}| one more response header | {one_more} |\n",
        cost.envoy,
        cost.date,
        thousands(none),
        titles.join(" | "),
        jobs.concat(),
    ))
}

/// Shows what loading a module costs, more than Envoy without one.
fn modules(cost: &Cost) -> Result<String> {
    let none = cost.modules.first().context("no module")?;
    let row = |module: &Module| {
        format!(
            "| {} | {} | {:.0} KB | {:.0} ms | {:.0} MB |\n",
            module.module,
            FORMS.iter().find(|(form, _)| module.form == *form).map_or("", |(_, title)| *title),
            module.bytes / 1000.0,
            module.cpu_ms - none.cpu_ms,
            module.resident_mb - none.resident_mb,
        )
    };
    let rows: String = cost.modules.iter().filter(|module| module.bytes > 0.0).map(row).collect();
    Ok(format!(
        "\nWhat loading a module costs Envoy:\n\n\
         | module | | size | CPU time | memory |\n|---|---|---:|---:|---:|\n{rows}"
    ))
}

fn thousands(instructions: f64) -> String {
    format!("{:.1}k", instructions / 1000.0)
}
