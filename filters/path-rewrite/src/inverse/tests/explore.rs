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
    let byte = |number: usize, at| BYTES[number / BYTES.len().pow(at) % BYTES.len()];
    let path = |length, number| String::from_utf8((0..length).map(|at| byte(number, at)).collect()).unwrap();
    let of_length =
        |length| (0..BYTES.len().pow(length)).map(move |number| format!("/{}", path(length, number)));
    let paths: Vec<_> = (0..=LONGEST).flat_map(of_length).collect();
    let (mut accepted, mut refused, mut undone) = (0, 0, 0);
    for (one, other) in GROUPS.iter().flat_map(|one| GROUPS.map(|other| (one, other))) {
        for (text, replaced) in
            BETWEEN.iter().flat_map(|text| REPLACED_BETWEEN.map(|replaced| (text, replaced)))
        {
            for [first, last] in [[1, 2], [2, 1]] {
                let regex = format!("^/({one}){text}({other})$");
                match plan_of("regex", &regex, &format!("/${first}{replaced}${last}")) {
                    Ok(plan) => {
                        accepted += 1;
                        undone += explore(&plan, &paths);
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 100 && undone > 10_000, "{accepted} {refused} {undone}");
}

/// Rewrites each path and undoes that. Returns how many results were undone: some are not safe.
fn explore(plan: &Plan, paths: &[String]) -> usize {
    let mut origins = HashMap::new();
    let rules = &plan.rewriter.rules;
    for (rule, path) in rules.iter().flat_map(|rule| paths.iter().map(move |path| (rule, path))) {
        plan.rewriter.budget.reset();
        let Some(Ok(result)) = rule.matcher.apply(path.as_bytes(), None, &plan.rewriter.budget) else {
            continue;
        };
        let result = String::from_utf8(result).unwrap();
        assert_eq!(origins.insert(result.clone(), path), None, "{result} {rules:?}");
    }
    let is_undone = |(result, path): (&String, &&String)| match undo(plan, result) {
        Some(back) => {
            assert_eq!(back, **path, "{result} {rules:?}");
            true
        }
        None => false,
    };
    origins.iter().map(is_undone).filter(|is_undone| *is_undone).count()
}
