//! Counts the behavior tests that ran in each proxy, and the tests that were ignored.

use std::collections::{BTreeMap, BTreeSet};

/// The last part of a test's name is the proxy in which it ran.
const PROXIES: [(&str, &str); 3] = [
    ("native", "natively, in the model"),
    ("wasm", "as built, in wasmtime"),
    ("envoy", "as built, in a real Envoy"),
];

/// Marks the lines that report tests that a real Envoy ran only in part.
const NOT_TO_ITS_END: &str = "not run to its end: ";

/// Shows the counts, the tests that were not run to their end, and why tests were ignored.
pub(super) fn show(lines: &[&str]) {
    let unfinished: BTreeSet<_> =
        lines.iter().filter_map(|line| line.find(NOT_TO_ITS_END).and_then(|at| line.get(at..))).collect();
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
    for (reason, count) in ignored(lines) {
        println!("{count:>5} tests were ignored: {reason}");
    }
}

/// Counts the ignored tests by the reason why they were.
pub(super) fn ignored<'a>(lines: &[&'a str]) -> BTreeMap<&'a str, usize> {
    // Suites print the reason on a line of its own.
    let reason_of = |name: &str| {
        let of_test = |line: &&'a str| line.strip_prefix("skipping ")?.strip_prefix(name)?.strip_prefix(": ");
        lines.iter().find_map(of_test).unwrap_or("no reason given")
    };
    let mut counts = BTreeMap::new();
    for line in lines {
        let Some((name, reason)) =
            line.strip_prefix("test ").and_then(|line| line.split_once(" ... ignored"))
        else {
            continue;
        };
        let reason = reason.strip_prefix(", ").unwrap_or_else(|| reason_of(name.trim_end()));
        *counts.entry(reason).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tests_are_counted_by_reason() {
        let lines = [
            "skipping deploy::all: nginx is missing",
            "test a::envoy ... ignored, Envoy is missing",
            "test a::native ... ok",
            "test b::envoy ... ignored, Envoy is missing",
            "test deploy::all   ... ignored",
            "test c ... ignored",
        ];
        let expected = [("Envoy is missing", 2), ("nginx is missing", 1), ("no reason given", 1)];
        assert_eq!(ignored(&lines), BTreeMap::from(expected));
    }
}
