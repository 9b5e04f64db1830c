//! The parts of pages that tests write.

use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use harness::parts;
use harness::snapshot::UPDATE;
use proxy_filter_test::expect_file;

use crate::pages::directory;

const BEGIN: &str = "<!-- Written by `just book-tables`: -->\n";
const END: &str = "<!-- End of what `just book-tables` writes. -->\n";

/// Expects a page of the book, such as `hostcalls.md`, to have this text, which was seen in a real Envoy, between its
/// markers, after a line with the date of the run. If the environment variable `UPDATE_SNAPSHOTS` is set, writes it first,
/// with today's date.
///
/// # Errors
/// The page or a marker in it is missing, or `date` fails.
///
/// # Panics
/// The page has another text.
#[track_caller]
pub fn expect_seen(page: &str, text: &str) -> Result<()> {
    let date = match env::var_os(UPDATE) {
        Some(_) => today()?,
        // The date is between asterisks.
        None => Parts::of(page)?.written.split('*').nth(1).unwrap_or_default().to_owned(),
    };
    expect_written(page, &format!("\nSeen in Envoy {} on *{date}*.\n{text}", parts::ENVOY_VERSION))
}

/// Expects a page of the book to have this text between its markers. If the environment variable `UPDATE_SNAPSHOTS` is set,
/// writes it first.
///
/// # Errors
/// The page or a marker in it is missing.
///
/// # Panics
/// The page has another text.
#[track_caller]
pub fn expect_written(page: &str, text: &str) -> Result<()> {
    let Parts { before, after, .. } = Parts::of(page)?;
    expect_file(&directory().join(page), &[&before, BEGIN, text, "\n", END, &after].concat());
    Ok(())
}

/// The parts of a page.
struct Parts {
    before: String,
    written: String,
    after: String,
}

impl Parts {
    fn of(page: &str) -> Result<Self> {
        let path = directory().join(page);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let marker = |marker: &str| format!("{page} has no line `{}`", marker.trim());
        let (before, rest) = text.split_once(BEGIN).with_context(|| marker(BEGIN))?;
        let (written, after) = rest.split_once(END).with_context(|| marker(END))?;
        Ok(Self { before: before.into(), written: written.into(), after: after.into() })
    }
}

fn today() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().context("cannot run date")?;
    ensure!(output.status.success(), "date failed");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
