//! The rules, applied to one request.

use std::rc::Rc;

use proxy_filter::flow::Reply;
use proxy_filter::headers::HeaderValue;
use proxy_filter::headers::pseudo::{AUTHORITY, SCHEME};
use proxy_filter::inputs::{Input, InputSet, Inputs, Snapshot};
use proxy_filter::log::Throttled;
use proxy_filter::matching::Condition;
use proxy_filter::target::split_query;

use crate::budget::Budget;
use crate::config::BudgetedPattern;
use crate::matcher::Matcher;
use crate::redirect::Redirect;
use crate::safety::{self, Unsafe};

/// All rules, and what becomes of queries.
#[derive(Debug)]
pub(crate) struct Rewriter {
    pub(crate) rules: Vec<Rule>,
    pub(crate) keeps_query: bool,
    pub(crate) budget: Rc<Budget>,
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) matcher: Matcher,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) when: Option<Condition<BudgetedPattern>>,
    pub(crate) continues: bool,
    pub(crate) warning: Throttled,
}

/// A request, as far as rules see it.
pub(crate) struct Target<'a> {
    /// With the query.
    pub(crate) target: &'a [u8],
    /// Those headers that conditions and redirects need.
    pub(crate) request: &'a Snapshot,
}

/// What the rules make of a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// No rule matches, or those that do change nothing.
    Unchanged,
    /// The new target that this rule made last, safe to write.
    Rewritten { rule: usize, path: HeaderValue },
    /// The client is sent elsewhere.
    Redirected(Reply),
    /// The result of this rule is not to be written.
    Unsafe { rule: usize, reason: Unsafe },
}

impl Rewriter {
    /// What rules need of a request beside its target.
    pub(crate) fn needs(&self) -> InputSet {
        let mut needs = InputSet::default();
        for rule in &self.rules {
            rule.when.iter().for_each(|condition| needs.extend(condition));
            if rule.redirect.is_some() {
                needs.insert(Input::RequestHeader(&SCHEME));
                needs.insert(Input::RequestHeader(&AUTHORITY));
            }
        }
        needs
    }

    pub(crate) fn run(&self, of: &Target<'_>) -> Outcome {
        let target = of.target;
        // `*` (OPTIONS) and the authority of a CONNECT are no paths.
        if !target.starts_with(b"/") {
            return Outcome::Unchanged;
        }
        let (path, query) = split_query(target);
        self.budget.renew();
        let mut changed: Option<(usize, Vec<u8>)> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            let inputs = Inputs::of_request(of.request);
            let current = changed.as_ref().map_or(path, |(_, path)| split_query(path).0);
            // First, so that conditions of rules that cannot match take no steps.
            if !rule.matcher.could_match(current) {
                continue;
            }
            if rule.when.as_ref().is_some_and(|condition| condition.holds(&inputs) != Some(true)) {
                match self.budget.is_exceeded() {
                    true => return Outcome::Unsafe { rule: index, reason: Unsafe::TooManySteps },
                    false => continue,
                }
            }
            let result = match rule.matcher.apply(current, &self.budget) {
                None => continue,
                Some(Ok(result)) => result,
                Some(Err(reason)) => return Outcome::Unsafe { rule: index, reason },
            };
            // Parameters that an earlier rule brought along stay with the path.
            let earlier = changed.as_ref().map_or(b"".as_slice(), |(_, path)| split_query(path).1);
            changed = Some((index, join_query(result, earlier)));
            if !rule.continues {
                break;
            }
        }
        let Some((rule, path)) = changed else { return Outcome::Unchanged };
        let result = join_query(path, if self.keeps_query { query } else { b"" });
        let outcome = match self.rules.get(rule).and_then(|rule| rule.redirect.as_ref()) {
            Some(redirect) => {
                redirect.reply(&result, of).map(|reply| reply.map_or(Outcome::Unchanged, Outcome::Redirected))
            }
            None if result == target => return Outcome::Unchanged,
            None => safety::check(target, &result).map(|path| Outcome::Rewritten { rule, path }),
        };
        outcome.unwrap_or_else(|reason| Outcome::Unsafe { rule, reason })
    }
}

/// The path with the query behind it; parameters that the path brings along come first.
fn join_query(mut path: Vec<u8>, query: &[u8]) -> Vec<u8> {
    match query.split_first() {
        Some((_, parameters)) if path.contains(&b'?') => {
            if !path.ends_with(b"?") && !parameters.is_empty() {
                path.push(b'&');
            }
            path.extend_from_slice(parameters);
        }
        _ => path.extend_from_slice(query),
    }
    path
}
