//! Tries every short path with many regexes: two paths never have one result if the rule has an inverse.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::HashMap;

use super::{plan_of, undo};
use crate::Plan;
use crate::rewriter::Rule;

pub(super) const GROUPS: [&str; 6] = [".*", "[^/]+", "[^a]*", "a|b", "/.*", "b*"];
const BETWEEN: [&str; 3] = ["", "/", "a"];
const REPLACED_BETWEEN: [&str; 4] = ["", "/", "ab", "-"];
const BYTES: [u8; 4] = *b"/ab-";
pub(super) const LONGEST: u32 = 4;

/// Returns all paths with up to this many bytes after the first slash.
pub(super) fn paths(longest: u32) -> Vec<String> {
    let byte = |number: usize, at| BYTES[number / BYTES.len().pow(at) % BYTES.len()];
    let path = |length, number| String::from_utf8((0..length).map(|at| byte(number, at)).collect()).unwrap();
    let of_length =
        |length| (0..BYTES.len().pow(length)).map(move |number| format!("/{}", path(length, number)));
    (0..=longest).flat_map(of_length).collect()
}

/// Returns regexes with two groups, each with what replaces its matches.
pub(super) fn two_groups() -> impl Iterator<Item = (String, String)> {
    let groups = GROUPS.into_iter().flat_map(|one| GROUPS.map(|other| (one, other)));
    let texts = || BETWEEN.into_iter().flat_map(|text| REPLACED_BETWEEN.map(|replaced| (text, replaced)));
    groups.flat_map(move |(one, other)| {
        texts().flat_map(move |(text, replaced)| {
            let regex = format!("^/({one}){text}({other})$");
            [format!("/$1{replaced}$2"), format!("/$2{replaced}$1")].map(|replace| (regex.clone(), replace))
        })
    })
}

#[test]
fn no_two_paths_have_one_result() {
    let paths = paths(LONGEST);
    let (mut accepted, mut refused, mut undone) = (0, 0, 0);
    for (regex, replace) in two_groups() {
        match plan_of("regex", &regex, &replace) {
            Ok(plan) => {
                accepted += 1;
                undone += explore(&plan, &paths);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 100 && refused > 100 && undone > 10_000, "{accepted} {refused} {undone}");
}

/// Rewrites each path and undoes that. Returns how many results were undone: some are not safe.
fn explore(plan: &Plan, paths: &[String]) -> usize {
    let mut origins = HashMap::new();
    let rules = &plan.rewriter.rules;
    for (path, result) in results(plan, paths) {
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

/// Returns the paths that all rules match, each with what they make of it.
pub(super) fn results<'a>(plan: &Plan, paths: &'a [String]) -> Vec<(&'a String, String)> {
    let result = |path: &'a String| {
        plan.rewriter.budget.reset();
        let apply = |path: Vec<u8>, rule: &Rule| rule.matcher.apply(&path, None, &plan.rewriter.budget)?.ok();
        let result = plan.rewriter.rules.iter().try_fold(path.clone().into_bytes(), apply)?;
        Some((path, String::from_utf8(result).unwrap()))
    };
    paths.iter().filter_map(result).collect()
}
