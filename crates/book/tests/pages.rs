//! The book's pages: contents, links, code and commands.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Result;
use book::{Page, between, commands, pages, summary};
use harness::{locate, parts};
use proxy_filter_envoy::Envoy;
use proxy_filter_test::envoy_test;

/// Directories of the repository that pages name files of.
const DIRECTORIES: [&str; 5] = ["crates/", "shared/", "filters/", "docs/", "deploy/"];

/// The programs that the book's commands run.
const PROGRAMS: [&str; 5] = ["cargo", "cd", "cosign", "openssl", "rm"];

/// Checks each page, and lists what is wrong.
fn expect_none(wrong: impl Fn(&Page) -> Vec<String>) -> Result<()> {
    let mut all = Vec::new();
    for page in pages()? {
        all.extend(wrong(&page).into_iter().map(|what| format!("{}: {what}", page.name)));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    Ok(())
}

#[test]
fn the_table_of_contents_has_every_page_once() -> Result<()> {
    let mut listed = summary()?.links();
    listed.sort();
    let pages: Vec<_> = pages()?.into_iter().map(|page| page.name).collect();
    assert_eq!(listed, pages);
    Ok(())
}

#[test]
fn links_lead_to_pages_and_headings() -> Result<()> {
    expect_none(|page| {
        let is_broken = |link: &String| {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let text =
                if file.is_empty() { Ok(page.text.clone()) } else { fs::read_to_string(page.resolve(file)) };
            let Ok(text) = text else { return true };
            !heading.is_empty() && !headings(&text).contains(heading)
        };
        let links = page.links().into_iter().filter(|link| !link.starts_with("https://"));
        links.filter(is_broken).collect()
    })
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
fn included_code_exists_and_ends_no_block() -> Result<()> {
    expect_none(|page| {
        let is_missing = |file: &str, part: &str| {
            let is_lines = part.chars().all(|c| c.is_ascii_digit() || c == ':');
            let anchors = [format!("ANCHOR: {part}\n"), format!("ANCHOR_END: {part}\n")];
            let ends_block = file.lines().any(|line| line.starts_with("```"));
            file.is_empty() || ends_block || !(is_lines || anchors.iter().all(|anchor| file.contains(anchor)))
        };
        let includes = page.includes().into_iter();
        let missing =
            includes.filter(|(file, part)| is_missing(&fs::read_to_string(file).unwrap_or_default(), part));
        missing.map(|(file, part)| format!("{}:{part}", file.display())).collect()
    })
}

#[test]
fn every_anchor_is_shown() -> Result<()> {
    let mut shown = BTreeSet::new();
    for page in pages()? {
        for (file, part) in page.includes() {
            shown.insert(format!("{}:{part}", fs::canonicalize(file)?.display()));
        }
    }
    for directory in ["crates/book/examples", "crates/book/tests/tutorial"] {
        for file in fs::read_dir(parts::root().join(directory))? {
            let file = fs::canonicalize(file?.path())?;
            let text = fs::read_to_string(&file)?;
            for anchor in between(&text, "// ANCHOR: ", "\n") {
                let part = format!("{}:{anchor}", file.display());
                assert!(shown.contains(&part), "no page shows {part}");
            }
        }
    }
    Ok(())
}

#[test]
fn code_is_included_and_not_typed() -> Result<()> {
    expect_none(|page| {
        let is_typed =
            |block: &&str| block.lines().any(|line| !line.is_empty() && !line.starts_with("{{#include "));
        between(&page.text, "```rust\n", "\n```").filter(is_typed).map(ToOwned::to_owned).collect()
    })
}

#[test]
fn files_that_pages_name_exist() -> Result<()> {
    let root = parts::root();
    expect_none(|page| {
        let is_file = |name: &&str| {
            DIRECTORIES.iter().any(|directory| name.starts_with(directory) && name != directory)
        };
        let names = page.text.split('`').skip(1).step_by(2).filter(is_file);
        names.filter(|name| !root.join(name).exists()).map(ToOwned::to_owned).collect()
    })
}

#[test]
fn commands_are_one_to_a_line() -> Result<()> {
    expect_none(|page| {
        let is_unknown = |command: &&str| !PROGRAMS.contains(&command.split(' ').next().unwrap_or_default());
        commands(&page.text).into_iter().filter(is_unknown).map(ToOwned::to_owned).collect()
    })
}

envoy_test! {
    fn envoy_accepts_the_configuration() -> Result<()> {
        let shown = fs::read_to_string(parts::root().join("crates/book/deploy/envoy.yaml"))?;
        let module = parts::filter("auth-gate").display().to_string();
        let yaml = shown.replace("/etc/envoy/filters/auth-gate.wasm", &module);
        let validated = Envoy::validate_text(&locate::envoy(), "envoy.yaml", &yaml)?;
        assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
        Ok(())
    }
}
