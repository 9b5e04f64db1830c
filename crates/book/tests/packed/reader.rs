//! A reader of the book, who does what it says.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::{Page, commands, pages};
use harness::registry::Registry;

use crate::user::User;

/// The pages in the reader's order.
const PAGES: [&str; 6] = ["start.md", "copy.md", "ask.md", "count.md", "limit.md", "publish.md"];

/// Those of them that show a whole filter and its tests.
const STEPS: [&str; 4] = ["copy.md", "ask.md", "count.md", "limit.md"];

/// The command that this test has run already, with the packed crates.
const INSTALL: &str = "cargo install cargo-proxy-filter";

/// The registry in the book.
const REGISTRY: &str = "registry.example.com/acme";

/// The files that a step shows as a whole.
const FILES: [&str; 2] = ["src/lib.rs", "tests/behaviour.rs"];

pub(crate) fn follow() -> Result<()> {
    let (user, registry) = (crate::user()?, Registry::start(false)?);
    let all = pages()?;
    let mut directory = "";
    for name in PAGES {
        let page = all.iter().find(|page| page.name == name).with_context(|| name.to_owned())?;
        for (file, code) in whole_files(page)? {
            fs::write(user.path(directory).join(file), code)?;
        }
        for command in commands(&page.text) {
            match command.strip_prefix("cd ") {
                Some(into) => directory = into,
                None => run(user, directory, command, &registry.address().to_string())?,
            }
        }
    }
    user.runs(directory, &format!("cargo proxy-filter verify {}/auth-gate:0.1.0", registry.address()))?;
    Ok(())
}

fn run(user: &User, directory: &str, command: &str, registry: &str) -> Result<()> {
    match command.split_once("cargo proxy-filter test") {
        Some((_, arguments)) => user.tests(directory, arguments),
        None if command == INSTALL => Ok(()),
        // The reader wants to see more than the book, which does not push.
        None => {
            let command = command.replace(REGISTRY, registry).replace(" --dry-run", "");
            user.runs(directory, &command).map(drop)
        }
    }
}

/// Returns the files that a page shows as a whole, with their code.
fn whole_files(page: &Page) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for file in FILES {
        let Some((_, after)) = page.text.split_once(&format!("`{file}`:\n")) else { continue };
        let include = after.split_once("{{#include ").and_then(|(_, rest)| rest.split_once(":all}}"));
        let (path, _) = include.with_context(|| format!("{} shows no code of {file}", page.name))?;
        found.push((file, without_anchors(&book::directory().join(path))?));
    }
    ensure!(
        !STEPS.contains(&page.name.as_str()) || found.len() == FILES.len(),
        "{} does not show the whole filter and its tests",
        page.name
    );
    Ok(found)
}

/// Reads a file as a reader copies it: what is between the anchors `all`, without other anchors.
fn without_anchors(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().skip_while(|line| !line.ends_with("ANCHOR: all"));
    let lines = lines.take_while(|line| !line.ends_with("ANCHOR_END: all"));
    let shown = lines.filter(|line| !line.trim_start().starts_with("// ANCHOR"));
    Ok(shown.map(|line| format!("{line}\n")).collect())
}
