//! What the README shows is what happens.

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::lab::{Lab, PLAIN};
use e2e::story::Story;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use harness::parts;

use crate::Case;

pub(crate) const TESTS: [Case; 3] = [
    ("readme_table_shows_configurations_that_are_accepted", table),
    ("readme_shows_a_request_as_it_really_went", request),
    ("readmes_show_parts_of_files_in_deploy", parts_of_files),
];

fn request(lab: &Lab) -> Result<()> {
    let mut story = Story::default();
    story.compare(lab, "s1", &Request::get("/banana/418"))?;
    let told: String = story
        .text()
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("     ").unwrap_or(line)))
        .collect();
    let shown = block("README.md", "text")?;
    ensure!(shown == told, "the README shows\n{shown}\nbut this happened, beside {PLAIN}:\n{told}");
    Ok(())
}

fn parts_of_files(_: &Lab) -> Result<()> {
    for (readme, file) in [
        ("README.md", "deploy/envoy/add-header.yaml"),
        ("filters/tcp-prepend/README.md", "deploy/envoy/server-first.yaml"),
    ] {
        let shown = dense(&block(readme, "yaml")?);
        let whole = dense(&fs::read_to_string(parts::root().join(file))?);
        ensure!(whole.contains(&shown), "{file} does not contain what {readme} shows:\n{shown}");
    }
    Ok(())
}

/// Without what lines begin with: a part stands further left than in its file.
fn dense(yaml: &str) -> String {
    yaml.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// The smallest configuration of each filter, in the last column.
fn table(lab: &Lab) -> Result<()> {
    let readme = fs::read_to_string(parts::root().join("README.md"))?;
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| [")?.split_once("](filters/"));
    let mut found = 0;
    for (filter, row) in rows {
        found += 1;
        let shown = row.split_once("| `{").and_then(|(_, rest)| rest.split_once("` |"));
        let configuration = shown.map(|(shown, _)| format!("{{{shown}")).unwrap_or_default();
        let filters = [Filter::new(filter, &configuration)];
        let bootstrap = Bootstrap::default().cluster("upstream", lab.recorder.address());
        let bootstrap = match filter {
            "tcp-prepend" => bootstrap.tcp("listener", &filters, "upstream"),
            _ => bootstrap.http("listener", &filters, "upstream"),
        };
        let output = Envoy::validate(&bootstrap)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "Envoy refuses {filter} with `{configuration}`:\n{said}");
    }
    ensure!(found >= 4, "the README's table shows {found} filters");
    Ok(())
}

/// A README's block in this language.
fn block(readme: &str, language: &str) -> Result<String> {
    let readme = fs::read_to_string(parts::root().join(readme))?;
    let (_, rest) = readme.split_once(&format!("```{language}\n")).context("no such block")?;
    let (block, _) =
        rest.split_once("\n```").or_else(|| rest.split_once("\n  ```")).context("the block does not end")?;
    Ok(format!("{block}\n"))
}
