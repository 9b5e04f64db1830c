//! Checks that the READMEs match what happens.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::parts;
use harness::transcript::Transcript;

use crate::Case;

pub(crate) const TESTS: [Case; 3] = [
    ("envoy_accepts_the_configurations_in_the_readmes_table", table),
    ("readme_shows_a_real_request", request),
    ("readmes_quote_files_of_deploy", parts_of_files),
];

fn request(fixture: &Fixture) -> Result<()> {
    let mut transcript = Transcript::default();
    transcript.compare(fixture, "s1", &Request::get("/banana/418"))?;
    let happened: String = transcript
        .text()
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("     ").unwrap_or(line)))
        .collect();
    let shown = block("README.md", "text")?;
    ensure!(shown == happened, "README.md shows\n{shown}\nbut this happened:\n{happened}");
    Ok(())
}

fn parts_of_files(_: &Fixture) -> Result<()> {
    for (readme, file) in [
        ("README.md", "deploy/envoy/add-header.yaml"),
        ("filters/tcp-prepend/README.md", "deploy/envoy/server-first.yaml"),
    ] {
        let shown = dense(&block(readme, "yaml")?);
        let whole = dense(&fs::read_to_string(parts::root().join(file))?);
        ensure!(whole.contains(&shown), "{readme} quotes what {file} does not contain:\n{shown}");
    }
    Ok(())
}

/// Removes indentation, because a quote is indented less than its file.
fn dense(yaml: &str) -> String {
    yaml.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// The last column has the smallest configuration of each filter. Envoy validates all at once.
fn table(fixture: &Fixture) -> Result<()> {
    let readme = fs::read_to_string(parts::root().join("README.md"))?;
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| [")?.split_once("](filters/"));
    let mut found = 0;
    let mut bootstrap = Bootstrap::default().cluster("upstream", fixture.recorder.address());
    for (filter, row) in rows {
        found += 1;
        let shown = row.split_once("| `{").and_then(|(_, rest)| rest.split_once("` |"));
        let configuration = shown.map(|(shown, _)| format!("{{{shown}")).unwrap_or_default();
        let filters = [built::filter(filter, &configuration)];
        bootstrap = match filter {
            "tcp-prepend" => bootstrap.tcp(filter, &filters, "upstream"),
            _ => bootstrap.http(filter, &filters, "upstream"),
        };
    }
    ensure!(found >= 4, "README.md's table has {found} filters, expected 4 or more");
    let output = Envoy::validate(&bootstrap)?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "Envoy rejects a configuration of README.md's table:\n{log}");
    Ok(())
}

/// Returns a README's first code block in a language.
fn block(readme: &str, language: &str) -> Result<String> {
    let readme = fs::read_to_string(parts::root().join(readme))?;
    let (_, rest) = readme.split_once(&format!("```{language}\n")).context("the README has no such block")?;
    let (block, _) = rest
        .split_once("\n```")
        .or_else(|| rest.split_once("\n  ```"))
        .context("the README's block does not end")?;
    Ok(format!("{block}\n"))
}
