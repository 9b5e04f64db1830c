//! Counts the behavior tests that ran in each proxy.

use std::collections::BTreeSet;

/// The last part of a test's name is the proxy in which it ran.
const PROXIES: [(&str, &str); 3] = [
    ("native", "natively, in the model"),
    ("wasm", "as built, in wasmtime"),
    ("envoy", "as built, in a real Envoy"),
];

/// Marks in lines that report tests that a real Envoy ran only in part, or not at all.
const NOT_TO_ITS_END: [&str; 2] = ["not run to its end: ", "not run: "];

/// Shows the counts, and the tests that were not run to their end.
pub(super) fn show(lines: &[&str]) {
    let unfinished: BTreeSet<_> = lines
        .iter()
        .filter_map(|line| {
            NOT_TO_ITS_END.iter().find_map(|mark| line.find(mark)).and_then(|at| line.get(at..))
        })
        .collect();
    println!();
    for (proxy, how) in PROXIES {
        let passed = lines.iter().filter(|line| line.ends_with(&format!("::{proxy} ... ok"))).count();
        let unfinished = unfinished.iter().filter(|line| line.contains(&format!("::{proxy}: "))).count();
        let whole = passed.saturating_sub(unfinished);
        match unfinished {
            0 => println!("{whole:>5} behavior tests passed {how}"),
            _ => println!(
                "{whole:>5} behavior tests passed {how}; {unfinished} were not run to their end there:"
            ),
        }
    }
    unfinished.iter().for_each(|line| println!("      {line}"));
}
