//! What calls cost a request: WebAssembly instructions and hostcalls in wasmtime, the same on every machine.

use proxy_filter_test::{Cost, LogLevel, Proxy, Request, Response, Service};

/// Requests before those that are measured, so that buffers have grown on both workers.
const WARM_UP: u64 = 4;

/// The number of requests over which the cost is averaged.
const REQUESTS: u64 = 10;

/// Returns the cost of a request that makes one call.
fn cost(module: &str) -> Cost {
    let proxy = Proxy::wasm(module);
    proxy.set_log_level(LogLevel::Info);
    proxy.service("auth", Service::Http(Response::new(200).body(&["ann"])));
    let plugin = proxy.load("");
    let send =
        |times| (0..times).for_each(|_| _ = plugin.send(Request::get("/").header("authorization", "x")));
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

fn expect_budget(module: &str, instructions: u64, hostcalls: u64) -> Cost {
    let cost = cost(module);
    println!(
        "{module}: {} instructions of {instructions}, {} hostcalls of {hostcalls}",
        cost.instructions, cost.hostcalls
    );
    assert!(
        cost.instructions <= instructions && cost.hostcalls <= hostcalls,
        "over budget: {module}: {cost:?}"
    );
    cost
}

#[test]
fn a_request_with_one_call() {
    expect_budget("tests/call_services", 9_500, 9);
    expect_budget("tests/ask_services", 12_400, 10);
}

/// The docs of `OnRequest` say how many times as many instructions a call takes if it is awaited.
const DOCS: &str = include_str!("../../src/http/request.rs");

#[test]
fn a_call_that_is_awaited_and_one_that_is_returned() {
    let awaited = expect_budget("tests/await_call", 9_200, 6);
    let returned = expect_budget("tests/return_call", 7_600, 6);
    assert_eq!(awaited.hostcalls, returned.hostcalls);
    let tenths = (awaited.instructions * 10 + returned.instructions / 2) / returned.instructions;
    let ratio = format!(" {}.{} times", tenths / 10, tenths % 10);
    assert!(DOCS.contains(&ratio), "the docs of `OnRequest` do not have the ratio{ratio}");
}
