//! The most that edits cost, with regexes and values that make other engines slow.

use proxy_filter_test::{Proxy, Request};

/// The most instructions that edits take for the headers of one request: as many as path-rewrite's rules.
const MOST: u64 = 105_000_000;

/// The values of a request that reaches an Envoy with its default limits: up to 100 headers and 60 KiB.
const VALUES: [(usize, usize); 6] = [(1, 8000), (2, 1400), (7, 8000), (30, 300), (90, 80), (90, 600)];

#[test]
fn no_edit_blocks_a_worker_for_long() {
    let proxy = Proxy::wasm("add-header-edit");
    let mut most = 0;
    for (regex, unit) in [
        ("Q(?:.*a.{900}c)?", "Qa"),
        ("Q(?:.{0,60}~)?", "Q"),
        ("a[ab]{200}c", "ab"),
        ("(?:a?){60}a{60}", "a"),
        ("(x+x+)+y", "x"),
        ("((a)|(b)|(c))*", "abcab"),
        ("(.*)(.*)(.*)(.*)(.*)", "a"),
        ("", "a"),
    ] {
        let rule = format!(r#"{{"action": "edit", "name": "x-a", "regex": "{regex}", "replace": "$0"}}"#);
        for rules in [1, 20] {
            let plugin = proxy.load(&format!(r#"{{"request": [{}]}}"#, vec![rule.as_str(); rules].join(",")));
            for (count, length) in VALUES {
                let value = unit.repeat(length / unit.len());
                let request = (0..count).fold(Request::get("/"), |request, _| request.header("x-a", &value));
                let before = proxy.cost().instructions;
                plugin.send_on_worker(0, &request);
                let cost = proxy.cost().instructions.saturating_sub(before);
                assert!(
                    cost <= MOST,
                    "{rules} times {regex}, {count} times {length} bytes: {cost} instructions"
                );
                if cost > most {
                    most = cost;
                    println!(
                        "at most {cost} instructions: {rules} times {regex}, {count} times {length} bytes"
                    );
                }
            }
        }
    }
}
