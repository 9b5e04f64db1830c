//! The book's pages: contents, links, code and commands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use book::{Page, commands, pages, summary};
use harness::{locate, parts};
use proxy_filter_test::envoy_test;

/// Folders of the repository that pages name files of.
const FOLDERS: [&str; 5] = ["crates/", "shared/", "filters/", "docs/", "deploy/"];

/// The programs that the book's commands run.
const PROGRAMS: [&str; 2] = ["cargo", "cd"];

/// Checks each page, and lists what is wrong.
fn expect_none(wrong: impl Fn(&Page) -> Vec<String>) {
    let all: Vec<_> = pages()
        .unwrap()
        .iter()
        .flat_map(|page| {
            let name = page.path.file_name().unwrap().to_string_lossy().into_owned();
            wrong(page).into_iter().map(move |what| format!("{name}: {what}"))
        })
        .collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Returns the parts of a text between two delimiters.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

/// Returns the links of a page.
fn links(text: &str) -> Vec<String> {
    between(text, "](", ")").into_iter().map(|link| link.split_whitespace().collect()).collect()
}

/// Returns the identifiers that mdBook gives a page's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let mut in_code = false;
    let mut headings = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if let Some(title) = line.strip_prefix('#').filter(|_| !in_code) {
            let title = title.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            headings.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    headings
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let mut listed = links(&summary().unwrap().text);
    listed.sort();
    let pages = pages().unwrap();
    let written: Vec<_> = pages.iter().map(|page| page.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(listed, written);
}

#[test]
fn links_lead_to_pages_and_headings() {
    expect_none(|page| {
        let broken = |link: &String| {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.path.clone() } else { page.path.with_file_name(file) };
            let Ok(text) = fs::read_to_string(target) else { return true };
            !heading.is_empty() && !headings(&text).contains(heading)
        };
        links(&page.text).into_iter().filter(|link| !link.starts_with("https://")).filter(broken).collect()
    });
}

/// Returns the includes of a page: the file, and what of it.
fn includes(page: &Page) -> Vec<(PathBuf, String)> {
    let folder = page.path.parent().unwrap();
    let include = |include: &str| {
        let (file, part) = include.split_once(':').unwrap_or((include, ""));
        (folder.join(file), part.to_owned())
    };
    between(&page.text, "{{#include ", "}}").into_iter().map(include).collect()
}

#[test]
fn included_code_exists() {
    expect_none(|page| {
        let mut wrong = Vec::new();
        for (file, part) in includes(page) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let is_lines = part.chars().all(|c| c.is_ascii_digit() || c == ':');
            let exists = match is_lines {
                true => !text.is_empty(),
                false => [format!("ANCHOR: {part}\n"), format!("ANCHOR_END: {part}\n")]
                    .iter()
                    .all(|a| text.contains(a)),
            };
            if !exists {
                wrong.push(format!("{}:{part}", file.display()));
            }
        }
        wrong
    });
}

#[test]
fn every_anchor_is_shown() {
    let shown: BTreeSet<_> = pages()
        .unwrap()
        .iter()
        .flat_map(includes)
        .map(|(file, part)| (fs::canonicalize(file).unwrap(), part))
        .collect();
    let folder = parts::root().join("crates/book");
    for code in [folder.join("examples"), folder.join("tests")] {
        for file in fs::read_dir(code).unwrap() {
            let file = fs::canonicalize(file.unwrap().path()).unwrap();
            if file.ends_with("pages.rs") {
                continue;
            }
            for anchor in between(&fs::read_to_string(&file).unwrap(), "ANCHOR: ", "\n") {
                let part = (file.clone(), anchor.to_owned());
                assert!(shown.contains(&part), "no page shows {}:{anchor}", file.display());
            }
        }
    }
}

#[test]
fn code_is_included_and_not_typed() {
    expect_none(|page| {
        let blocks = between(&page.text, "```rust\n", "\n```");
        let typed =
            |block: &&str| block.lines().any(|line| !line.is_empty() && !line.starts_with("{{#include "));
        blocks.into_iter().filter(typed).map(ToOwned::to_owned).collect()
    });
}

#[test]
fn files_that_pages_name_exist() {
    let root = parts::root();
    expect_none(|page| {
        let is_file =
            |name: &&str| FOLDERS.iter().any(|folder| name.starts_with(folder) && name.len() > folder.len());
        let names = page.text.split('`').skip(1).step_by(2).filter(is_file);
        names.filter(|name| !root.join(Path::new(name)).exists()).map(ToOwned::to_owned).collect()
    });
}

#[test]
fn commands_are_one_to_a_line() {
    expect_none(|page| {
        let is_known = |command: &&str| PROGRAMS.contains(&command.split(' ').next().unwrap_or_default());
        commands(&page.text).into_iter().filter(|command| !is_known(command)).map(ToOwned::to_owned).collect()
    });
}

envoy_test! {
    fn envoy_accepts_the_configuration() {
        validate();
    }
}

fn validate() {
    let shown = fs::read_to_string(parts::root().join("crates/book/deploy/envoy.yaml")).unwrap();
    let module = parts::test_modules().join("gate.wasm");
    let yaml = shown.replace("/etc/envoy/filters/gate.wasm", module.to_str().unwrap());
    let envoy =
        Command::new(locate::envoy()).args(["--mode", "validate", "--config-yaml", &yaml]).output().unwrap();
    assert!(envoy.status.success(), "{}", String::from_utf8_lossy(&envoy.stderr));
}
