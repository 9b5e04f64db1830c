//! Tries every short path with many regexes: two paths never have one result if the rule has an inverse, and a cookie reaches exactly
//! the paths that it is for.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::HashMap;

use super::{plan_of, sends, undo, undo_cookie};
use crate::Plan;

const GROUPS: [&str; 6] = [".*", "[^/]+", "[^a]*", "a|b", "/.*", "b*"];
const BETWEEN: [&str; 3] = ["", "/", "a"];
const REPLACED_BETWEEN: [&str; 4] = ["", "/", "ab", "-"];
const BYTES: [u8; 4] = *b"/ab-";
const LONGEST: u32 = 4;

/// Text before and after a group, and what it becomes.
const BEFORE: [&str; 5] = ["/", "/a", "/a/", "/a-", "/-/a"];
const AFTER: [&str; 4] = ["", "a", "/", "/b"];

/// Returns all paths with up to this many bytes after the first slash.
fn paths(longest: u32) -> Vec<String> {
    let byte = |number: usize, at| BYTES[number / BYTES.len().pow(at) % BYTES.len()];
    let path = |length, number| String::from_utf8((0..length).map(|at| byte(number, at)).collect()).unwrap();
    let of_length =
        |length| (0..BYTES.len().pow(length)).map(move |number| format!("/{}", path(length, number)));
    (0..=longest).flat_map(of_length).collect()
}

#[test]
fn no_two_paths_have_one_result() {
    let paths = paths(LONGEST);
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

/// Returns the paths that the only rule matches, each with what the rule makes of it.
fn results<'a>(plan: &Plan, paths: &'a [String]) -> Vec<(&'a String, String)> {
    let rule = &plan.rewriter.rules[0];
    let result = |path: &'a String| {
        plan.rewriter.budget.reset();
        let result = rule.matcher.apply(path.as_bytes(), None, &plan.rewriter.budget)?.ok()?;
        Some((path, String::from_utf8(result).unwrap()))
    };
    paths.iter().filter_map(result).collect()
}

#[test]
fn cookies_reach_exactly_the_paths_that_they_are_for() {
    let (paths, cookies) = (paths(LONGEST), paths(LONGEST - 1));
    let (mut rules, mut mapped, mut kept) = (0, 0, 0);
    for (group, before, after) in GROUPS
        .iter()
        .flat_map(|group| BEFORE.iter().flat_map(move |before| AFTER.map(|after| (group, before, after))))
    {
        for (new_before, new_after) in BEFORE.iter().flat_map(|before| AFTER.map(|after| (before, after))) {
            let (regex, replace) =
                (format!("^{before}({group}){after}$"), format!("{new_before}$1{new_after}"));
            let Ok(plan) = plan_of("regex", &regex, &replace) else { continue };
            rules += 1;
            let results = results(&plan, &paths);
            for cookie in &cookies {
                let Some(undone) = undo_cookie(&plan, cookie) else {
                    kept += 1;
                    continue;
                };
                mapped += 1;
                for (path, made) in &results {
                    assert_eq!(
                        sends(&undone, path),
                        sends(cookie, made),
                        "{regex} to {replace}: the cookie's {cookie} becomes {undone}; {path} becomes {made}"
                    );
                }
            }
        }
    }
    println!("{rules} rules, {mapped} paths of cookies mapped, {kept} kept");
    assert!(rules > 1000 && mapped > 1000 && kept > 1000, "{rules} {mapped} {kept}");
}
