//! What clients and upstreams got after one hostcall.

use std::collections::BTreeSet;

use crate::table::Table;

const PHASES: [&str; 4] = ["request headers", "request body", "response headers", "response body"];

/// Writes what became of an exchange in which the probe ran a command, compared with one in which it did nothing.
pub(super) fn section(http: &Table) -> String {
    let titles: String = PHASES.iter().map(|phase| format!(" in {phase} |")).collect();
    let line = "---|".repeat(PHASES.len());
    let rows: String = commands(http).into_iter().map(|command| row(http, command)).collect();
    format!("\n## What an edit or a reply leads to\n\n| |{titles}\n|---|{line}\n{rows}")
}

fn commands(http: &Table) -> BTreeSet<&str> {
    let command = |row| PHASES.iter().find_map(|phase| str::strip_prefix(row, phase)?.strip_prefix(": "));
    http.rows().filter_map(|(row, _)| command(row)).filter(|command| *command != "nothing").collect()
}

fn row(http: &Table, command: &str) -> String {
    let cells = PHASES.map(|phase| {
        let nothing = http.answer(&format!("{phase}: nothing"));
        let exchange = http.answer(&format!("{phase}: {command}"));
        format!(" {} |", exchange.map_or_else(|| "-".to_owned(), |exchange| shown(exchange, nothing)))
    });
    format!("| {command} |{}\n", cells.concat())
}

/// Shows an exchange, without what it has in common with one in which nothing was done.
fn shown(exchange: &str, nothing: Option<&str>) -> String {
    let (upstream, client) = sides(exchange);
    let (usual_upstream, usual_client) = sides(nothing.unwrap_or_default());
    let at_client = changes(client, usual_client);
    // Replies may come before or after the upstream got the request: the probe shows it only where that is certain.
    let at_upstream = match upstream {
        "" | "none" => None,
        upstream => changes(upstream, usual_upstream),
    };
    match (at_upstream, at_client) {
        (None, None) => "no effect".to_owned(),
        (Some(upstream), None) => format!("upstream: {upstream}"),
        (None, Some(client)) => format!("client: {client}"),
        (Some(upstream), Some(client)) => format!("upstream: {upstream}; client: {client}"),
    }
}

/// Splits a row into what the upstream got, if that is known, and what the client got.
fn sides(exchange: &str) -> (&str, &str) {
    exchange.split_once(" -> ").unwrap_or(("", exchange))
}

/// Lists what differs from the usual, or all if another status makes it another response.
fn changes(side: &str, usual: &str) -> Option<String> {
    let (now, before) = (parts(side), parts(usual));
    let gained = now.iter().filter(|part| !before.contains(part)).cloned();
    let is_same = now.first() == before.first();
    let lost = before.iter().filter(|part| is_same && !now.contains(part)).map(|part| format!("no {part}"));
    let all: Vec<_> = gained.chain(lost).collect();
    (!all.is_empty()).then(|| format!("`{}`", all.join("`, `")))
}

/// Splits what one side got: the status, then headers, then the body in quotes.
fn parts(side: &str) -> Vec<String> {
    let side = if side == "not HTTP" { side.to_owned() } else { side.replacen(' ', ";", 1) };
    let parts = side.split(';').map(|part| part.trim().replace('`', "'"));
    parts.filter(|part| !part.is_empty() && part != "''").collect()
}
