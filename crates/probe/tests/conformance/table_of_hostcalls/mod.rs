//! The book's page of hostcalls by phase: its tables are written from what a real Envoy did.

mod answers;
mod calls;
mod exchanges;
mod phases;

use book::expect_seen;

use crate::table::Table;
use phases::{HTTP, PLUGIN, TCP};

/// Expects the page to have these answers.
pub(crate) fn expect_page(http: &Table, tcp: &Table) {
    let sections = [
        calls::section("HTTP streams", http, &HTTP),
        calls::section("Plugins, and responses to calls", http, &PLUGIN),
        calls::section("TCP connections", tcp, &TCP),
        answers::section(http),
        exchanges::section(http),
    ];
    expect_seen("hostcalls.md", &sections.concat()).expect("the page");
}
