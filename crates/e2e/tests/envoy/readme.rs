//! What the README shows is what happens.

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::lab::{Lab, PLAIN};
use e2e::story::Story;
use testbed::http::Request;
use testbed::parts;

use crate::Case;

pub(crate) const TESTS: [Case; 2] = [
    ("readme_shows_a_request_as_it_really_went", request),
    ("readme_shows_a_part_of_a_file_in_deploy", part_of_a_file),
];

fn request(lab: &Lab) -> Result<()> {
    let mut story = Story::default();
    story.compare(lab, "s1", &Request::get("/banana/418"))?;
    let told: String = story
        .text()
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("     ").unwrap_or(line)))
        .collect();
    let shown = block("text")?;
    ensure!(shown == told, "the README shows\n{shown}\nbut this happened, beside {PLAIN}:\n{told}");
    Ok(())
}

fn part_of_a_file(_: &Lab) -> Result<()> {
    let file = fs::read_to_string(parts::root().join("deploy/envoy/add-header.yaml"))?;
    let file: String = file
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix(&" ".repeat(18)).unwrap_or(line)))
        .collect();
    let shown = block("yaml")?;
    ensure!(
        file.contains(&shown),
        "deploy/envoy/add-header.yaml does not contain what the README shows:\n{shown}"
    );
    Ok(())
}

/// The README's block in this language.
fn block(language: &str) -> Result<String> {
    let readme = fs::read_to_string(parts::root().join("README.md"))?;
    let (_, rest) = readme.split_once(&format!("```{language}\n")).context("no such block")?;
    let (block, _) = rest.split_once("```").context("the block does not end")?;
    Ok(block.into())
}
