//! The book's page of hostcalls by phase: its tables are written from what a real Envoy did.

mod answers;
mod calls;
mod exchanges;
mod phases;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use harness::parts;
use proxy_filter_test::expect_file;

use crate::table::Table;
use phases::{HTTP, PLUGIN, TCP};

const BEGIN: &str = "<!-- Written by `just book-tables`: -->\n";
const END: &str = "<!-- End of what `just book-tables` writes. -->\n";

/// Expects the page to have these answers between its markers. If the environment variable `UPDATE_SNAPSHOTS` is set,
/// writes them first, with today's date.
pub(crate) fn expect_page(http: &Table, tcp: &Table) {
    let path = page();
    let kept = fs::read_to_string(&path).expect("the page");
    let (before, rest) = kept.split_once(BEGIN).expect("the page's first marker");
    let (written, after) = rest.split_once(END).expect("the page's last marker");
    let date = match std::env::var_os("UPDATE_SNAPSHOTS") {
        Some(_) => today(),
        None => written.split('*').nth(1).unwrap_or_default().to_owned(),
    };
    let sections = [
        format!("\nAnswers of Envoy {} on *{date}*.\n", parts::ENVOY_VERSION),
        calls::section("Streams of HTTP", http, &HTTP),
        calls::section("Plugins, and responses to calls", http, &PLUGIN),
        calls::section("Connections of TCP", tcp, &TCP),
        answers::section(http),
        exchanges::section(http),
    ];
    expect_file(&path, &[before, BEGIN, &sections.concat(), "\n", END, after].concat());
}

fn page() -> PathBuf {
    parts::root().join("docs/src/hostcalls.md")
}

fn today() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().expect("`date`");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
