//! What the filters cost in a real Envoy, beside Envoy's own filters, Lua and the plain SDK: `just bench`.
//!
//! # Layout
//!
//! - `rows` lists what is measured: a job, done in one way. `check` makes sure that each row does its job.
//! - `plain` builds the filters of the plain SDK, `specialized` makes modules for one configuration.
//! - `instructions`, `load`, `busy` and `paced` measure; `callgrind` is an Envoy under Valgrind.
//! - `budgets` has the limits, `verdict` compares them with `results`, and `report` writes the docs.

mod arguments;
mod budgets;
mod busy;
mod callgrind;
mod check;
mod client;
mod instructions;
mod job;
mod load;
mod machine;
mod paced;
mod plain;
mod report;
mod results;
mod row;
mod rows;
mod slice;
mod specialized;
mod statistics;
mod upstream;
mod verdict;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use harness::parts;

use arguments::Command;
use job::Job;
use results::{Count, Loaded, Measured, Results};
use row::{Modules, Row};
use verdict::Verdict;

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
    let (command, ours) = arguments::parse(std::env::args().skip(1))?;
    match command {
        Command::All => ready(&ours).and_then(|(rows, modules)| all(&rows, &modules)),
        Command::Load => ready(&ours).and_then(|(rows, modules)| print_loading(&rows, &modules)),
        Command::Instructions(ids) => {
            let chosen = |row: &Row| ids.is_empty() || ids.iter().any(|id| row.id.starts_with(id));
            print(&count(&ready(&ours)?.0, chosen)?);
            Ok(())
        }
        Command::Short => match callgrind::missing().filter(|_| !parts::in_ci()) {
            None => ready(&ours).and_then(|(rows, modules)| short(&rows, &modules)),
            Some(missing) => {
                println!("skipping: {missing}");
                Ok(())
            }
        },
        Command::Render => report::write(&Results::read()?),
    }
}

/// Finds the filters' modules, makes specialized ones, and builds those of the plain SDK.
fn ready(ours: &Path) -> Result<(Vec<Row>, Modules)> {
    if let Some(missing) = callgrind::missing() {
        bail!(missing);
    }
    let ours = ours.canonicalize().with_context(|| format!("{}: run `just build`", ours.display()))?;
    eprintln!("building the plain SDK's filters");
    let plain = plain::build()?;
    eprintln!("making specialized modules");
    let are_own = parts::filters().canonicalize().is_ok_and(|own| own == ours);
    let specialized = match specialized::make(&ours) {
        // Another checkout's filters may be older than specialized modules.
        Err(error) if !are_own => {
            eprintln!("leaving out specialized modules: {error:#}");
            None
        }
        made => Some(made?),
    };
    let modules = Modules { ours, plain, specialized };
    Ok((rows::all(&modules), modules))
}

/// Counts the instructions of the chosen rows, and of those without a filter.
fn count(rows: &[Row], chosen: impl Fn(&Row) -> bool) -> Result<Vec<Measured<Count>>> {
    let rows: Vec<_> = rows.iter().filter(|row| row.job == Job::Nothing || chosen(row)).cloned().collect();
    check::all(&rows)?;
    instructions::measure(&rows)
}

/// Measures and prints what loading the modules costs.
fn print_loading(rows: &[Row], modules: &Modules) -> Result<()> {
    let loaded = load::measure(rows, modules)?;
    for Loaded { module, form, bytes, ready_ms, cpu_ms, resident_mb } in &loaded {
        let form = form.title();
        println!(
            "{module:<16} {form:>14} {bytes:>7} bytes {ready_ms:>6.0} ms {cpu_ms:>6.0} ms CPU {resident_mb:>5.0} MB"
        );
    }
    show(&verdict::of_modules(&loaded));
    Ok(())
}

/// Measures everything and writes the docs.
fn all(rows: &[Row], modules: &Modules) -> Result<()> {
    check::all(rows)?;
    let results = Results {
        date: machine::today()?,
        envoy: parts::ENVOY_VERSION.into(),
        machine: machine::Machine::this()?,
        paced: paced::measure(rows)?,
        rate: paced::RATE,
        busy: busy::measure(rows)?,
        modules: load::measure(rows, modules)?,
        instructions: instructions::measure(rows)?,
    };
    print(&results.instructions);
    show(&[verdict::of_instructions(&results.instructions), verdict::of_modules(&results.modules)].concat());
    results.write()?;
    report::write(&results)
}

/// Measures the rows that have a budget of instructions and those that they are compared with, and the modules' sizes.
fn short(rows: &[Row], modules: &Modules) -> Result<()> {
    let named = |row: &Row| budgets::RATIOS.iter().any(|ratio| [ratio.row, ratio.of].contains(&row.id));
    let instructions = count(rows, named)?;
    print(&instructions);
    let verdicts = [verdict::of_instructions(&instructions), verdict::of_sizes(&modules.ours)?].concat();
    show(&verdicts);
    let failed: Vec<_> = verdicts.iter().filter(|verdict| verdict.fails()).map(Verdict::to_string).collect();
    ensure!(
        failed.is_empty(),
        "over budget:\n  {}\nMake these cheaper (`just bench instructions ROW` measures one row), or change the budget in \
         crates/bench/src/budgets.rs and say why",
        failed.join("\n  ")
    );
    Ok(())
}

fn print(instructions: &[Measured<Count>]) {
    for Measured { row, form, detail, cost, .. } in instructions {
        let Count { instructions, over_no_filter } = cost;
        let form = form.title();
        println!("{row:<22} {form:>14} {detail:<24} {instructions:>8.0} {over_no_filter:>8.0}");
    }
}

fn show(verdicts: &[Verdict]) {
    verdicts.iter().for_each(|verdict| println!("{verdict}"));
}
