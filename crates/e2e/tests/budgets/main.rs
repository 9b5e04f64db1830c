//! Measures what requests cost in the built filters: WebAssembly instructions and hostcalls, counted in wasmtime and
//! therefore the same on every machine. A case over its budget fails.

mod cases;

use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};

use libtest_mimic::{Arguments, Failed, Trial};
use proxy_filter_test::{Cost, LogLevel, Proxy};

use cases::{CASES, Case};

/// Requests before those that are measured, so that buffers have grown on both workers.
const WARM_UP: u64 = 4;

/// The number of requests over which the cost is averaged.
const REQUESTS: u64 = 10;

fn main() -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let name = |case: &Case| format!("budget of {}: {}", case.filter, case.name);
    let (sender, measured) = channel();
    let trials = CASES.iter().map(|case| {
        let sender = sender.clone();
        Trial::test(name(case), move || within_budget(case, &sender))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    measured.try_iter().for_each(|line: String| println!("{line}"));
    conclusion.exit_code()
}

fn within_budget(case: &Case, measured: &Sender<String>) -> Result<(), Failed> {
    let (cost, budget) = (measure(case), case.budget);
    let shown = format!(
        "{} instructions of {}, {} hostcalls of {}",
        cost.instructions, budget.instructions, cost.hostcalls, budget.hostcalls
    );
    match cost.instructions <= budget.instructions && cost.hostcalls <= budget.hostcalls {
        true => Ok(measured.send(format!("{:>12}, {:<42} {shown}", case.filter, case.name))?),
        false => Err(format!("over budget: {shown}").into()),
    }
}

fn measure(case: &Case) -> Cost {
    let proxy = Proxy::wasm(case.filter);
    proxy.set_log_level(LogLevel::Info);
    let plugin = proxy.load(case.configuration);
    let send = |times| (0..times).for_each(|_| (case.send)(&plugin));
    send(WARM_UP);
    let before = proxy.cost();
    send(REQUESTS);
    let after = proxy.cost();
    let mean = |before: u64, after: u64| after.saturating_sub(before).div_ceil(REQUESTS);
    Cost {
        instructions: mean(before.instructions, after.instructions),
        hostcalls: mean(before.hostcalls, after.hostcalls),
    }
}
