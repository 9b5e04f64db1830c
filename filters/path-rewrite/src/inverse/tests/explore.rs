//! Tries every short path with many regexes: two paths never have one result if the rule has an inverse.

use std::collections::HashMap;

use super::{plan_of, undo};
use crate::Plan;

const GROUPS: [&str; 6] = [".*", "[^/]+", "[^a]*", "a|b", "/.*", "b*"];
const BETWEEN: [&str; 3] = ["", "/", "a"];
const REPLACED_BETWEEN: [&str; 4] = ["", "/", "ab", "-"];
const BYTES: [u8; 4] = *b"/ab-";
const LONGEST: u32 = 4;

#[test]
fn no_two_paths_have_one_result() {
    let (mut accepted, mut refused, mut undone) = (0, 0, 0);
    for (one, other) in GROUPS.iter().flat_map(|one| GROUPS.map(|other| (one, other))) {
        for (text, replaced) in
            BETWEEN.iter().flat_map(|text| REPLACED_BETWEEN.map(|replaced| (text, replaced)))
        {
            for [first, last] in [[1, 2], [2, 1]] {
                let (regex, replace) =
                    (format!("^/({one}){text}({other})$"), format!("/${first}{replaced}${last}"));
                match plan_of("regex", &regex, &replace) {
                    Ok(plan) => {
                        accepted += 1;
                        undone += explore(&plan, &format!("{regex} {replace}"));
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 100 && undone > 10_000, "{accepted} {refused} {undone}");
}

/// Returns how many results were undone.
fn explore(plan: &Plan, rule: &str) -> usize {
    let [rule_of_plan] = plan.rewriter.rules.as_slice() else { unreachable!() };
    let mut origins = HashMap::new();
    let mut undone = 0;
    for length in 0..=LONGEST {
        for number in 0..BYTES.len().pow(length) {
            let byte = |at| BYTES[number / BYTES.len().pow(at) % BYTES.len()];
            let path = format!("/{}", String::from_utf8((0..length).map(byte).collect()).unwrap());
            plan.rewriter.budget.reset();
            let Some(Ok(result)) = rule_of_plan.matcher.apply(path.as_bytes(), &plan.rewriter.budget) else {
                continue;
            };
            let result = String::from_utf8(result).unwrap();
            if let Some(back) = undo(plan, &result) {
                assert_eq!(back, path, "{rule}");
                undone += 1;
            }
            assert_eq!(origins.insert(result.clone(), path), None, "{rule} {result}");
        }
    }
    undone
}
