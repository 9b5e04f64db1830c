//! The figures of the book, from those that `just bench` measured.

use std::collections::BTreeMap;
use std::fs;

use book::expect_written;
use harness::parts;
use serde_json::Value;

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

/// The headers that the second job adds, but the first does not.
const MORE_HEADERS: f64 = 4.0;

#[test]
fn the_book_has_the_benchs_figures() {
    let text = fs::read_to_string(parts::root().join("docs/cost.json")).unwrap();
    let cost: Value = serde_json::from_str(&text).unwrap();
    let page = [instructions(&cost), modules(&cost)].concat();
    expect_written("performance.md", &page).unwrap();
}

/// Shows the instructions that each way of doing a job adds to a request. The first row of a job and form counts.
fn instructions(cost: &Value) -> String {
    let mut added = BTreeMap::new();
    for row in cost["instructions"].as_array().unwrap() {
        let key = (row["job"].as_str().unwrap(), row["form"].as_str().unwrap());
        added.entry(key).or_insert(row["over_no_filter"].as_f64().unwrap());
    }
    let titles: String = FORMS.iter().map(|(_, title)| format!(" {title} |")).collect();
    let cells = |figure: &dyn Fn(&str) -> Option<f64>| -> String {
        FORMS.iter().map(|(form, _)| format!(" {} |", figure(form).map_or("-".into(), thousands))).collect()
    };
    let jobs =
        JOBS.map(|(job, title)| format!("| {title} |{}\n", cells(&|form| added.get(&(job, form)).copied())));
    let one_more = cells(&|form| {
        Some((added.get(&("five_headers", form))? - added.get(&("header", form))?) / MORE_HEADERS)
    });
    let none = cost["instructions"][0]["instructions"].as_f64().map(thousands).unwrap();
    format!(
        "\nInstructions that a filter adds to a request, in Envoy {} on {}. Without a filter a request takes {none}.\n\n\
         | |{titles}\n|---|---:|---:|---:|---:|---:|\n{}| one more response header |{one_more}\n",
        cost["envoy"].as_str().unwrap(),
        cost["date"].as_str().unwrap(),
        jobs.concat(),
    )
}

/// Shows what loading a module costs, more than Envoy without one.
fn modules(cost: &Value) -> String {
    let modules = cost["modules"].as_array().unwrap();
    let figure =
        |module: &Value, name: &str| module[name].as_f64().unwrap() - modules[0][name].as_f64().unwrap();
    let row = |module: &Value| {
        format!(
            "| {} | {} | {:.0} KB | {:.0} ms | {:.0} MB |\n",
            module["module"].as_str().unwrap(),
            FORMS.iter().find(|(form, _)| module["form"] == *form).map_or("", |(_, title)| *title),
            module["bytes"].as_f64().unwrap() / 1000.0,
            figure(module, "cpu_ms"),
            figure(module, "resident_mb"),
        )
    };
    let rows: String = modules.iter().filter(|module| module["bytes"] != 0).map(row).collect();
    format!(
        "\nWhat loading a module costs Envoy:\n\n| module | | size | CPU time | memory |\n|---|---|---:|---:|---:|\n{rows}"
    )
}

fn thousands(instructions: f64) -> String {
    format!("{:.1}k", instructions / 1000.0)
}
