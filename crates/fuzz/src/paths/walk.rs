//! What several rules should make of a target.

use super::rule::Compiled;
use super::{LONGEST, has_dots, is_safe, split};
use crate::regexes::STEPS;

/// The last result of the rules.
pub struct Walk {
    /// The rule that made it; `None` if none applies.
    pub last: Option<usize>,
    pub target: Vec<u8>,
    /// Whether it must not be written, apart from what [`is_safe`] says.
    pub is_unsafe: bool,
    /// Whether there is no reason to refuse the request, apart from what [`is_safe`] says. A rule that does not match can be one:
    /// the filter does not know that it does not if the search could take too long.
    pub is_harmless: bool,
}

impl Walk {
    /// Returns whether the filter may write the result in place of this target.
    pub fn may_be_written(&self, original: &[u8]) -> bool {
        !self.is_unsafe && is_safe(original, &self.target)
    }

    /// Returns whether the filter has to write the result in place of this target.
    pub fn must_be_written(&self, original: &[u8]) -> bool {
        self.is_harmless && self.may_be_written(original)
    }
}

/// Applies rules in order, up to the first that does not continue.
pub fn walk(rules: &[Compiled<'_>], target: &[u8], value: Option<&[u8]>, keeps_query: bool) -> Walk {
    let (path, query) = split(target);
    let mut walk = Walk { last: None, target: path.to_vec(), is_unsafe: false, is_harmless: true };
    let mut steps = 0_usize;
    for (number, rule) in rules.iter().enumerate() {
        let (current, earlier) = split(&walk.target);
        steps = steps.saturating_add(rule.steps(current));
        walk.is_harmless &= steps <= STEPS;
        let Some(made) = rule.apply(current, value) else { continue };
        walk.is_unsafe |= made.is_unsafe;
        walk.is_harmless &= made.path.len() <= LONGEST && !has_dots(&made.path) && !has_dots(current);
        let earlier = earlier.to_vec();
        walk.target = joined(made.path, &earlier);
        walk.last = Some(number);
        if !rule.rule.continues {
            break;
        }
    }
    walk.target = joined(walk.target, if keeps_query || walk.last.is_none() { query } else { b"" });
    walk
}

/// Appends a query to a target, behind its own parameters.
fn joined(mut target: Vec<u8>, query: &[u8]) -> Vec<u8> {
    if !target.contains(&b'?') {
        target.extend_from_slice(query);
    } else if query.len() > 1 {
        if !target.ends_with(b"?") {
            target.push(b'&');
        }
        target.extend_from_slice(&query[1..]);
    }
    target
}
