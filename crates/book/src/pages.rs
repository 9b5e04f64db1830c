//! The pages of the book.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::parts;

const SUMMARY: &str = "SUMMARY.md";

/// A page of the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// The path of its file, below the directory of the pages.
    pub name: String,
    /// Its text, as it is written.
    pub text: String,
}

impl Page {
    fn read(name: &str) -> Result<Self> {
        let path = directory().join(name);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Self { name: name.into(), text })
    }

    /// Returns the code that the page includes: the file, and what of it, such as an anchor.
    pub fn includes(&self) -> Vec<(PathBuf, &str)> {
        between(&self.text, "{{#include ", "}}")
            .map(|include| {
                let (file, part) = include.split_once(':').unwrap_or((include, ""));
                (self.resolve(file), part)
            })
            .collect()
    }

    /// Returns the path of a file that the page names, as links do.
    pub fn resolve(&self, file: &str) -> PathBuf {
        directory().join(&self.name).with_file_name("").join(file)
    }

    /// Returns the targets of the page's links.
    pub fn links(&self) -> Vec<String> {
        // A link may be broken across two lines.
        between(&self.text, "](", ")").map(|link| link.split_whitespace().collect()).collect()
    }
}

/// Returns the parts of a text between two delimiters.
pub fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0))
}

/// Returns the directory of the pages.
pub fn directory() -> PathBuf {
    parts::root().join("docs/src")
}

/// Reads the table of contents.
///
/// # Errors
/// It cannot be read.
pub fn summary() -> Result<Page> {
    Page::read(SUMMARY)
}

/// Reads all pages but the table of contents, sorted by name.
///
/// # Errors
/// A page cannot be read.
pub fn pages() -> Result<Vec<Page>> {
    let mut names = Vec::new();
    collect("", &mut names)?;
    names.retain(|name| name != SUMMARY);
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

/// Collects the pages below a directory.
fn collect(below: &str, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(directory().join(below))? {
        let entry = entry?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&format!("{name}/"), names)?;
        } else if name.ends_with(".md") {
            names.push(name);
        }
    }
    Ok(())
}

/// Returns the commands of a page in order: the lines of its `console` blocks.
///
/// ```
/// let page = "Build:\n\n```console\ncargo proxy-filter new auth-gate\ncd auth-gate\n```\n";
/// assert_eq!(book::commands(page), ["cargo proxy-filter new auth-gate", "cd auth-gate"]);
/// ```
pub fn commands(page: &str) -> Vec<&str> {
    let mut in_console = false;
    let mut commands = Vec::new();
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(language) => in_console = language == "console",
            None if in_console => commands.push(line),
            None => {}
        }
    }
    commands
}
