//! What a request costs in the built filters: WebAssembly instructions and hostcalls, counted in wasmtime and
//! so the same on every machine. More than the budget fails.

mod cases;

use anyhow::{Result, ensure};
use proxy_filter_test::{Cost, Level, Proxy};

use cases::{CASES, Case};

/// Requests before those that count: buffers have grown by then.
const WARM_UP: u64 = 3;

/// Requests of which the cost is the mean.
const REQUESTS: u64 = 10;

fn main() -> Result<()> {
    println!("| filter | case | instructions | budget | hostcalls | budget |\n|---|---|---:|---:|---:|---:|");
    let over: Vec<_> = CASES.iter().filter(|case| !within_budget(case, measure(case))).collect();
    ensure!(
        over.is_empty(),
        "over budget: {}",
        over.iter().map(|case| case.name).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

fn within_budget(case: &Case, cost: Cost) -> bool {
    let Case { filter, name, budget, .. } = case;
    println!(
        "| {filter} | {name} | {} | {} | {} | {} |",
        cost.instructions, budget.instructions, cost.hostcalls, budget.hostcalls
    );
    cost.instructions <= budget.instructions && cost.hostcalls <= budget.hostcalls
}

fn measure(case: &Case) -> Cost {
    let proxy = Proxy::wasm(case.filter);
    proxy.set_log_level(Level::Info);
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
