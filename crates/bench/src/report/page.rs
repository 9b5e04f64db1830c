//! `docs/cost.md`.

use super::table::{table, thousands};
use crate::budgets::{REFERENCE, TOLERANCE};
use crate::job::{Form, Job};
use crate::results::{Count, Measured, Results, Served};
use crate::row::{NO_FILTER, NO_FILTER_UPSTREAM};
use crate::{busy, load, verdict};

/// Returns the page.
pub(super) fn text(results: &Results) -> String {
    let total = |row: &str| {
        let measured = results.instructions.iter().find(|measured| measured.row == row);
        measured.map_or("?".to_owned(), |measured| thousands(measured.cost.instructions))
    };
    format!(
        "# What the filters cost\n\n\
         Measured on {date} with Envoy {envoy} and one worker, on {cores} cores of {cpu}. `just bench` measures all of it\n\
         again in less than ten minutes and writes this page; [`cost.json`](cost.json) has the raw figures. The plain SDK's filters are in\n\
         [`crates/bench/plain`](../crates/bench/plain), the other configurations in\n\
         [`crates/bench/src/rows`](../crates/bench/src/rows).\n\n\
         ![Instructions that a filter adds to a request](cost.svg)\n\n\
         ## Instructions per request\n\n\
         Valgrind counts the instructions that Envoy's worker thread executes in user mode, for the same requests on one\n\
         connection, once nothing more is compiled. Counts vary by about 0.2 % between runs. Without a filter, a request takes\n\
         {alone} instructions if Envoy replies by itself, and {upstream} with an upstream, which only Envoy's own rewrites\n\
         need here. All ratios but the first compare what a filter adds to that. A specialized module is compiled for\n\
         one configuration: `just specialize`.\n\n\
         {instructions}\n\
         ## Budgets\n\n\
         `just bench --short` fails if instructions or a size are over its budget by more than {tolerance:.0} %. The budgets are in\n\
         [`budgets.rs`](../crates/bench/src/budgets.rs).\n\n\
         {budgets}\n\
         ## Loading\n\n\
         What a module adds to Envoy without a filter: CPU time until Envoy is ready, the time that passes, and resident memory. V8\n\
         compiles the whole module before Envoy serves requests, on all cores, so the time depends on what else runs. CPU time does\n\
         not, and is compared. Medians of {starts} starts in turn. 1 KB is 1000 bytes.\n\n\
         {loading}\n\
         ## At full speed\n\n\
         CPU time is that of the whole Envoy, in user and system mode. {connections} connections keep the worker busy, so a request\n\
         waits for those of the others. The rows take turns in slices of time; figures are first quartiles over the slices, because\n\
         other programs make slices slower, never faster.\n\n\
         {busy}\n\
         ## At a fixed rate\n\n\
         {rate} requests per second, through Envoy to nginx.\n\n\
         {paced}",
        date = results.date,
        envoy = results.envoy,
        cores = results.machine.cores,
        cpu = results.machine.cpu,
        alone = total(NO_FILTER),
        upstream = total(NO_FILTER_UPSTREAM),
        instructions = instructions(results),
        tolerance = (TOLERANCE - 1.0) * 100.0,
        budgets = budgets(results),
        starts = load::ROUNDS,
        loading = loading(results),
        connections = busy::CONNECTIONS,
        busy = served(&results.busy),
        rate = results.rate,
        paced = served(&results.paced),
    )
}

/// Returns what does a row's job, with what distinguishes it from others.
fn done_by<T>(row: &Measured<T>) -> String {
    if row.detail.is_empty() {
        row.form.title().into()
    } else {
        format!("{}, {}", row.form.title(), row.detail)
    }
}

fn instructions(results: &Results) -> String {
    let rows = in_order(&results.instructions).map(|row| {
        let Count { instructions, over_no_filter } = row.cost;
        let times = |form| {
            let of_form =
                results.instructions.iter().find(|other| other.job == row.job && other.form == form);
            of_form
                .map_or("-".to_owned(), |other| format!("{:.2}", over_no_filter / other.cost.over_no_filter))
        };
        vec![
            row.job.title().into(),
            done_by(row),
            thousands(over_no_filter),
            format!("{:.2}", instructions / (instructions - over_no_filter)),
            times(Form::Native),
            times(Form::Lua),
            times(Form::Plain),
            times(Form::Ours),
        ]
    });
    let head =
        ["job", "done by", "adds", "with / without", "x native", "x Lua", "x plain SDK", "x these filters"];
    table(&head, 2, rows)
}

/// Returns the rows in the order of jobs, without those that do nothing.
fn in_order<T>(rows: &[Measured<T>]) -> impl Iterator<Item = &Measured<T>> {
    Job::ALL.into_iter().flat_map(move |job| rows.iter().filter(move |row| row.job == job))
}

fn budgets(results: &Results) -> String {
    let verdicts = [verdict::of_instructions(&results.instructions), verdict::of_modules(&results.modules)];
    let rows = verdicts.concat().into_iter().map(|verdict| {
        vec![
            format!("{}, {}", verdict.name, verdict.what),
            verdict.word().into(),
            format!("{:.2}{}", verdict.figure, verdict.unit),
            format!("{:.2}", verdict.budget),
        ]
    });
    table(&["what", "", "figure", "budget"], 2, rows)
}

fn loading(results: &Results) -> String {
    let find = |is: &dyn Fn(&str, Form) -> bool| {
        results.modules.iter().find(|loaded| is(&loaded.module, loaded.form))
    };
    let nothing = find(&|_, form| form == Form::NoFilter);
    let (cpu, ready, resident) =
        nothing.map_or((0.0, 0.0, 0.0), |nothing| (nothing.cpu_ms, nothing.ready_ms, nothing.resident_mb));
    let reference = find(&|module, _| module == REFERENCE).map_or(0.0, |loaded| loaded.cpu_ms - cpu);
    let rows = results.modules.iter().filter(|loaded| loaded.form != Form::NoFilter).map(|loaded| {
        let of_module = |text| if loaded.bytes == 0 { "-".into() } else { text };
        vec![
            loaded.module.clone(),
            loaded.form.title().into(),
            of_module(format!("{:.0} KB", loaded.bytes as f64 / 1e3)),
            milliseconds(loaded.cpu_ms - cpu),
            of_module(format!("{:.1}", (loaded.cpu_ms - cpu) / reference)),
            milliseconds(loaded.ready_ms - ready),
            format!("{:.0} MB", loaded.resident_mb - resident),
        ]
    });
    let head = ["module", "", "size", "CPU time", "x plain SDK", "time", "memory"];
    let without = format!(
        "\nEnvoy without a filter takes {cpu:.0} ms of CPU time, is ready after {ready:.0} ms and has {resident:.0} MB.\n"
    );
    table(&head, 2, rows) + &without
}

/// Rounds a time. Adding zero turns -0 into 0.
fn milliseconds(time: f64) -> String {
    format!("{:.0} ms", time.round() + 0.0)
}

fn served(rows: &[Measured<Served>]) -> String {
    let nothing = rows.iter().filter(|row| row.job == Job::Nothing);
    let rows = nothing.chain(in_order(rows)).map(|row| {
        let Served { cpu_us, p50_us, p90_us, p99_us } = row.cost;
        let figures = [cpu_us, p50_us, p90_us, p99_us].map(|figure| format!("{figure:.1} µs"));
        [vec![row.job.title().into(), done_by(row)], figures.into()].concat()
    });
    table(&["job", "done by", "CPU per request", "p50", "p90", "p99"], 2, rows)
}
