//! A match takes time linear in the path, even for regexes that make other engines backtrack.

use proxy_filter_test::{Proxy, Request};

/// Measures the instructions for a request whose path is `/`, then `a` repeated `times` times, then `!`.
fn instructions(proxy: &Proxy, regex: &str, times: usize) -> u64 {
    let plugin = proxy
        .load(&format!(r#"{{"rules": [{{"regex": "{regex}", "replace": "b"}}], "on_unsafe": "reject"}}"#));
    let target = format!("/{}!", "a".repeat(times));
    // A search that exceeds the budget of steps would be rejected.
    let send = || _ = plugin.send_on_worker(0, &Request::get(&target)).expect_upstream_path(&target);
    // The first request fills the caches that a worker reuses.
    send();
    let before = proxy.cost().instructions;
    send();
    proxy.cost().instructions.saturating_sub(before)
}

#[test]
fn regexes_that_backtrack_elsewhere_cost_as_much_as_plain_ones() {
    let proxy = Proxy::wasm("path-rewrite");
    // Regexes that must match the end of the path are searched for from the end, which is cheaper.
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
    for regex in ["(a+)+$", "(a+)+c", "([a-z]+)+/([0-9]+)", "(a|b|ab)*c", "a[ab]{40}c"] {
        let (half, whole) = (instructions(&proxy, regex, 4000), instructions(&proxy, regex, 8000));
        println!("{regex}: {half} instructions for 4 KiB, {whole} for 8 KiB");
        assert!(whole <= half * 21 / 10, "{regex}: {half} instructions for 4 KiB, {whole} for 8 KiB");
    }
}

/// The most instructions that matching takes for one request, with any regex and path.
const MOST: u64 = 105_000_000;

/// Generates pseudorandom letters, so that caches of the search do not help.
fn noise(length: usize) -> String {
    let numbers = std::iter::successors(Some(12_345_u32), |n| {
        Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    });
    let letter = |n: u32| "abQmzkcn".chars().cycle().nth((n >> 24) as usize);
    numbers.filter_map(letter).take(length).collect()
}

#[test]
fn no_regex_blocks_a_worker_for_long() {
    let proxy = Proxy::wasm("path-rewrite");
    let words = (0..300).map(|word| format!("w{word:03}x")).collect::<Vec<_>>().join("|");
    let mut most = 0;
    for (regex, unit) in [
        ("Q(?:.*a.{900}c)?", "Qa"),
        ("Q(?:.{0,900}.{0,900}~)?", "Qa"),
        ("Q(?:.*a.{40}c)?", "Qa"),
        ("Q(?:.{0,60}~)?", "Q"),
        ("(?:.*){0,50}b", "a"),
        ("a[ab]{200}c", "ab"),
        ("(?:a?){300}a{300}", "a"),
        ("(?:a?){60}a{60}", "a"),
        ("(x+x+)+y", "x"),
        ("(.*)(.*)(.*)(.*)(.*)", "a"),
        ("((a)|(b)|(c))*", "abcab"),
        ("(?:(a?)(b?)){100}z?", "ab"),
        ("Q(?:[a-z]*[a-m].{14}0)?", ""),
        ("[a-z]*[a-m][a-zQ]{14}0", ""),
        (&format!("({words})+y"), "w001xw299x"),
    ] {
        // Twenty rules cost as much as one with many matches.
        let rule = format!(r#"{{"regex": "{regex}", "replace": "$0", "continue": true}}"#);
        for rules in [1, 20] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{}]}}"#, vec![rule.as_str(); rules].join(",")));
            for length in [100, 200, 280, 330, 500, 700, 1000, 1400, 2000, 4000, 8000] {
                let path = match unit {
                    "" => noise(length),
                    unit => unit.repeat(length / unit.len()),
                };
                let before = proxy.cost().instructions;
                plugin.send_on_worker(0, &Request::get(format!("/{path}")));
                let cost = proxy.cost().instructions.saturating_sub(before);
                assert!(cost <= MOST, "{rules} times {regex}, {length} bytes: {cost} instructions");
                if cost > most {
                    most = cost;
                    println!("at most {cost} instructions: {rules} times {regex:.40}, {length} bytes");
                }
            }
        }
    }
}
