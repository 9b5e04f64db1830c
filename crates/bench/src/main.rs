//! What the filters cost in a real Envoy, beside Envoy's own filters, Lua and the plain SDK.

mod callgrind;
mod client;
mod instructions;
mod plain;
mod row;
mod rows;
mod upstream;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use harness::parts;

use instructions::Count;
use row::{Modules, Row};

const USAGE: &str = "usage: bench instructions [--modules DIR] [ROW...]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut words, mut ours) = (Vec::new(), parts::filters());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--modules" => ours = PathBuf::from(arguments.next().context("--modules needs a folder")?),
            _ => words.push(argument),
        }
    }
    let modules = Modules { ours: ours.canonicalize().context("--modules")?, plain: plain::build()? };
    let all = rows::all(&modules);
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["instructions", ids @ ..] => instructions(&all, ids),
        _ => bail!("{USAGE}"),
    }
}

/// Measures and prints the rows whose ids begin with one of these.
fn instructions(all: &[Row], ids: &[&str]) -> Result<()> {
    let counts =
        instructions::measure(all, |row| ids.is_empty() || ids.iter().any(|id| row.id.starts_with(id)))?;
    for row in all {
        if let Some(Count { total, over }) = counts.get(row.id) {
            let (form, detail) = (row.form.title(), row.detail);
            println!("{:<22} {form:>16} {detail:<24} {total:>8.0} {over:>8.0}", row.id);
        }
    }
    Ok(())
}
