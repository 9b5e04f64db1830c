//! Checks that the recipes and links in the docs exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use harness::parts;

/// Reads every page. Skips the template, whose links are relative to the filter that is created from it, and parts of pages.
fn pages() -> Vec<(PathBuf, String)> {
    let arguments = ["ls-files", "*.md", ":!crates/cli/template", ":!crates/book/src"];
    let listed = Command::new("git").args(arguments).current_dir(parts::root()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let pages: Vec<_> = listed
        .lines()
        .map(|file| (file.into(), fs::read_to_string(parts::root().join(file)).unwrap()))
        .collect();
    assert!(pages.len() > 12, "only {} pages", pages.len());
    pages
}

fn recipes() -> BTreeSet<String> {
    let justfile = fs::read_to_string(parts::root().join("justfile")).unwrap();
    let of_line = |line: &str| {
        let is_recipe = line.starts_with(|first: char| first.is_ascii_lowercase()) && !line.contains(":=");
        let (head, _) = line.split_once(':').filter(|_| is_recipe)?;
        head.split(' ').next().map(str::to_owned)
    };
    justfile.lines().filter_map(of_line).collect()
}

/// Returns what `just` alone prints, without indentation.
fn welcome() -> String {
    let justfile = fs::read_to_string(parts::root().join("justfile")).unwrap();
    let (_, rest) = justfile.split_once("welcome := '''").unwrap();
    let (welcome, _) = rest.split_once("'''").unwrap();
    welcome.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Finds the words after `just` in inline code and code blocks.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    text.match_indices("just ").filter_map(move |(at, found)| {
        let (before, rest) = (text.get(..at)?, text.get(at + found.len()..)?);
        let is_command = before.is_empty() || before.ends_with(['`', '\n', '(']) || before.ends_with("&& ");
        is_command.then(|| rest.split(|letter| !is_word(letter)).next()).flatten()
    })
}

#[test]
fn recipes_in_the_docs_exist() {
    let (recipes, mut named) = (recipes(), BTreeSet::new());
    let ci = fs::read_to_string(parts::root().join(".ci/run")).unwrap().replace("step just", "just");
    let ci = (PathBuf::from(".ci/run"), ci);
    let welcome = (PathBuf::from("justfile"), welcome());
    assert!(commands(&welcome.1).count() >= 4, "{}", welcome.1);
    for (file, text) in pages().iter().chain([&ci, &welcome]) {
        for command in commands(text).filter(|command| !command.is_empty() && !command.starts_with('-')) {
            assert!(recipes.contains(command), "{}: there is no `just {command}`", file.display());
            named.insert(command.to_owned());
        }
    }
    assert!(named.len() > 12, "{named:?}");
}

#[test]
fn links_in_the_docs_resolve() {
    let mut followed = 0;
    for (file, text) in pages() {
        let page = parts::root().join(&file);
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap_or_default();
            if !link.is_empty() && !link.contains("://") {
                assert!(page.parent().unwrap().join(link).exists(), "{} links to {link}", file.display());
                followed += 1;
            }
        }
    }
    assert!(followed > 20, "{followed} links");
}
