//! Tries every short path of a cookie, and every short request, with many rules: a client sends the mapped cookie with exactly the
//! requests that the upstream's cookie is for.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use super::explore::{GROUPS, LONGEST, paths, results, two_groups};
use super::{plan, plan_of, sends, undo_cookie};
use crate::Plan;

/// Text before and after a group, and what it becomes.
const BEFORE: [&str; 5] = ["/", "/a", "/a/", "/a-", "/-/a"];
const AFTER: [&str; 4] = ["", "a", "/", "/b"];

/// What prefixes and exact paths match that continue, and what they make.
const ENDS: [&str; 6] = ["/", "/a", "/b", "/a/", "/a/b", "/ab"];

/// Regexes that continue.
const REGEXES: [(&str, &str); 7] = [
    ("^/(b*)$", "/a/$1"),
    ("^/a/(.*)$", "/$1"),
    ("^/([^/]+)/b$", "/b/$1"),
    ("^(/.*)b$", "$1"),
    ("^/a(b*)$", "/a$1a/a"),
    ("^/a(b+)$", "/a/b$1"),
    ("^/a(.*)$", "/$1"),
];

/// What was tried.
#[derive(Debug, Default)]
struct Tried {
    rules: usize,
    mapped: usize,
    kept: usize,
}

impl Tried {
    /// Tries all paths of cookies with a configuration whose rules all apply.
    fn check(&mut self, plan: &Plan, paths: &[String], what: &str) {
        let results = results(plan, paths);
        self.rules += 1;
        for cookie in paths.iter().filter(|path| path.len() <= LONGEST as usize) {
            let Some(undone) = undo_cookie(plan, cookie) else {
                self.kept += 1;
                continue;
            };
            self.mapped += 1;
            for (path, made) in &results {
                assert_eq!(
                    sends(&undone, path),
                    sends(cookie, made),
                    "{what}: the cookie's {cookie} becomes {undone}; {path} becomes {made}"
                );
            }
        }
    }

    fn expect(&self, [rules, mapped, kept]: [usize; 3]) {
        println!("{self:?}");
        assert!(self.rules >= rules && self.mapped >= mapped && self.kept >= kept, "{self:?}");
    }
}

#[test]
fn of_rules_with_one_group() {
    let (paths, mut tried) = (paths(LONGEST), Tried::default());
    let sides = || BEFORE.iter().flat_map(|before| AFTER.map(|after| (before, after)));
    for group in GROUPS {
        for ((before, after), (new_before, new_after)) in
            sides().flat_map(|side| sides().map(move |new| (side, new)))
        {
            let regex = format!("^{before}({group}){after}$");
            for replace in [format!("{new_before}$1{new_after}"), format!("{new_before}$1-$1{new_after}")] {
                if let Ok(plan) = plan_of("regex", &regex, &replace) {
                    tried.check(&plan, &paths, &format!("{regex} to {replace}"));
                }
            }
        }
    }
    tried.expect([2500, 4000, 1000]);
}

#[test]
fn of_rules_with_two_groups() {
    let (paths, mut tried) = (paths(LONGEST), Tried::default());
    for (regex, replace) in two_groups() {
        if let Ok(plan) = plan_of("regex", &regex, &replace) {
            tried.check(&plan, &paths, &format!("{regex} to {replace}"));
        }
    }
    tried.expect([100, 1000, 1000]);
}

#[test]
fn of_rules_that_continue() {
    let (paths, mut tried) = (paths(LONGEST), Tried::default());
    let rules = || {
        let sides = || ENDS.into_iter().flat_map(|from| ENDS.map(|to| (from, to)));
        let plain = ["prefix", "exact"].into_iter();
        let plain = plain.flat_map(move |kind| sides().map(move |(from, to)| (kind, from, to)));
        plain.chain(REGEXES.map(|(from, to)| ("regex", from, to)))
    };
    let json = |(kind, from, to): (&str, &str, &str)| {
        format!(r#"{{"{kind}": "{from}", "replace": "{to}", "reverse": true, "continue": true}}"#)
    };
    for (first, second) in rules().flat_map(|first| rules().map(move |second| (first, second))) {
        let rules = format!("{}, {}", json(first), json(second));
        tried.check(&plan(&rules), &paths, &rules);
    }
    tried.expect([5000, 1000, 1000]);
}
