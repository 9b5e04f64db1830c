//! What the soak prints, and writes into the book.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use harness::command::output;
use harness::parts;

use crate::verdict::{MEMORIES, Thirds};
use crate::window::Window;

/// The head of the table.
pub(crate) const HEAD: &str = "| requests | requests/s | CPU \u{b5}s a request | resident MiB | allocated MiB | VMs MiB | p50 ms | p99 ms |";

/// The rows of the table, besides its head.
const ROWS: usize = 12;

/// The page that has a table of the last soak.
const PAGE: &str = "docs/src/promises.md";

const BEGIN: &str = "<!-- Written by `just soak`: -->\n";
const END: &str = "<!-- End of what `just soak` writes. -->";

/// What a soak has shown.
pub(crate) struct Report<'a> {
    pub(crate) command: String,
    /// Envoy's version.
    pub(crate) envoy: String,
    pub(crate) workers: u32,
    pub(crate) reloads: u32,
    pub(crate) windows: &'a [Window],
    pub(crate) thirds: &'a Thirds,
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Report<'_> {
    /// Returns the report as Markdown.
    ///
    /// # Errors
    /// `date` fails.
    pub(crate) fn text(&self) -> Result<String> {
        let date = output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
        let last = self.windows.last().context("nothing was measured")?;
        let mut text = format!(
            "`{}` on {date}, Envoy {}, {} workers, {} cores: {} requests in {:.0} s, {} reloads of the listeners.\n\n\
             {HEAD}\n|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            self.command,
            self.envoy,
            self.workers,
            std::thread::available_parallelism()?,
            last.requests,
            last.at.as_secs_f64(),
            self.reloads
        );
        let size = self.windows.len().div_ceil(ROWS).max(1);
        for window in self.windows.chunks(size).filter_map(Window::joined) {
            writeln!(text, "{}", row(&window))?;
        }
        writeln!(text, "\nFrom the first third to the last, without the beginning:\n")?;
        for (what, of) in MEMORIES {
            let (grown, per_million) = self.thirds.growth(of);
            let [grown, per_million] = [grown as f64, per_million].map(|bytes| bytes / 1024.0 / 1024.0);
            writeln!(text, "- {what}: {grown:+.1} MiB, {per_million:+.1} MiB for a million requests")?;
        }
        let p99 = [&self.thirds.first, &self.thirds.middle, &self.thirds.last]
            .map(|third| milliseconds(third, 0.99));
        writeln!(text, "- p99 of the probes in each third: {} ms", p99.join(", "))?;
        let counts: Vec<_> = self.counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        writeln!(text, "- what was counted: {}", counts.join(", "))?;
        Ok(text)
    }
}

/// Returns a line of progress.
pub(crate) fn row(window: &Window) -> String {
    let mebibytes = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    format!(
        "| {} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {} | {} |",
        window.requests,
        window.rate(),
        window.cpu_of_a_request(),
        mebibytes(window.memory.resident),
        mebibytes(window.memory.allocated),
        mebibytes(window.memory.machines),
        milliseconds(window, 0.5),
        milliseconds(window, 0.99)
    )
}

fn milliseconds(window: &Window, part: f64) -> String {
    format!("{:.1}", window.quantile(part).as_secs_f64() * 1e3)
}

/// Writes a report into `target`, and returns the path.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write(text: &str) -> Result<PathBuf> {
    let path = parts::root().join("target/soak.md");
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Writes a report between the markers of the book's page.
///
/// # Errors
/// The page has no markers, or cannot be read or written.
pub(crate) fn write_into_the_book(text: &str) -> Result<()> {
    let path = parts::root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    fs::write(&path, replaced(&page, text)?).with_context(|| path.display().to_string())
}

/// Replaces what is between the markers of a page.
fn replaced(page: &str, text: &str) -> Result<String> {
    let marker = |marker: &str| format!("{PAGE} has no line `{}`", marker.trim());
    let (before, rest) = page.split_once(BEGIN).with_context(|| marker(BEGIN))?;
    let (_, after) = rest.split_once(END).with_context(|| marker(END))?;
    Ok([before, BEGIN, "\n", text, "\n", END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = format!("# Promises\n\n{BEGIN}old\n{END}\n\nmore\n");
        let expected = format!("# Promises\n\n{BEGIN}\nnew\n\n{END}\n\nmore\n");
        assert_eq!(replaced(&page, "new\n").unwrap(), expected);
        assert_eq!(replaced(&expected, "new\n").unwrap(), expected);
        assert!(replaced("# Promises\n", "new").unwrap_err().to_string().contains("Written by `just soak`"));
    }
}
