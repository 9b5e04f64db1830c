//! What a match costs grows with the path, and with nothing else: not even where other engines backtrack.

use proxy_filter_test::{Proxy, Request};

/// Instructions that a request takes whose path is `/`, so many times `a`, and `!`.
fn instructions(proxy: &Proxy, regex: &str, times: usize) -> u64 {
    let plugin = proxy.load(&format!(r#"{{"rules": [{{"regex": "{regex}", "replace": "b"}}]}}"#));
    let target = format!("/{}!", "a".repeat(times));
    let send = || _ = plugin.send_on_worker(0, &Request::get(&target)).expect_upstream_path(&target);
    // The first request fills what later ones of a worker use again.
    send();
    let before = proxy.cost().instructions;
    send();
    proxy.cost().instructions.saturating_sub(before)
}

#[test]
fn what_backtracks_elsewhere_costs_as_much_per_byte_as_a_plain_regex() {
    let proxy = Proxy::wasm("path-rewrite");
    // What must end the path is looked for from there: such regexes are cheaper.
    for (plain, others) in
        [("a+$", ["(a+)+$", "(a|aa)+$", "(a*)*b$"]), ("a+c", ["(a+)+c", "(a|aa)+c", "(a|a?)+c"])]
    {
        let plain_cost = instructions(&proxy, plain, 8000);
        for regex in others {
            let cost = instructions(&proxy, regex, 8000);
            println!("8 KiB: {cost} instructions for {regex}, {plain_cost} for {plain}");
            assert!(
                cost <= plain_cost + plain_cost / 20,
                "{regex}: {cost}, {plain}: {plain_cost} instructions"
            );
        }
    }
}

#[test]
fn twice_the_path_costs_twice_as_much() {
    let proxy = Proxy::wasm("path-rewrite");
    for regex in ["(a+)+$", "(a+)+c", "([a-z]+)+/([0-9]+)", "(a|b|ab)*c", "a[ab]{200}c"] {
        let (half, whole) = (instructions(&proxy, regex, 4000), instructions(&proxy, regex, 8000));
        println!("{regex}: {half} instructions for 4 KiB, {whole} for 8 KiB");
        assert!(whole <= half * 21 / 10, "{regex}: {half} instructions for 4 KiB, {whole} for 8 KiB");
    }
}
