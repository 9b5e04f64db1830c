//! The pages of the book.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::parts;

/// A page of the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// The path of its file.
    pub path: PathBuf,
    /// Its text, as it is written.
    pub text: String,
}

/// Returns the folder of the pages.
fn folder() -> PathBuf {
    parts::root().join("docs/src")
}

fn read(path: PathBuf) -> Result<Page> {
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(Page { path, text })
}

/// Reads the table of contents.
///
/// # Errors
/// It cannot be read.
pub fn summary() -> Result<Page> {
    read(folder().join("SUMMARY.md"))
}

/// Reads all pages but the table of contents, sorted by path.
///
/// # Errors
/// A page cannot be read.
pub fn pages() -> Result<Vec<Page>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if is_page(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("SUMMARY.md")
}

/// Returns the commands of a page in order: the lines of its `console` blocks.
///
/// ```
/// let page = "Build:\n\n```console\ncargo proxy-filter new gate\ncd gate\n```\n";
/// assert_eq!(book::commands(page), ["cargo proxy-filter new gate", "cd gate"]);
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
