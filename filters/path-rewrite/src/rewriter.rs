//! Applies the rules to one request.

use std::rc::Rc;

use proxy_filter::flow::Reply;
use proxy_filter::headers::HeaderValue;
use proxy_filter::headers::pseudo::{AUTHORITY, SCHEME};
use proxy_filter::inputs::{Input, InputSet, Inputs};
use proxy_filter::matching::When;
use proxy_filter::target::split_query;
use regex_replace::Budget;

use crate::inverse::{Applied, Inverse};
use crate::matcher::Matcher;
use crate::pattern::BudgetedRegex;
use crate::redirect::Redirect;
use crate::request::Request;
use crate::safety::{self, Unsafe};

/// All rules, and whether to keep queries.
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
    pub(crate) when: Option<When<BudgetedRegex>>,
    pub(crate) continues: bool,
    /// Maps responses back.
    pub(crate) inverse: Option<Inverse>,
}

/// What to do with a request.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing: no rule matches, or the rules that do change nothing.
    Unchanged,
    /// Write this target, which is safe. This rule changed it last.
    Rewritten { rule: usize, path: HeaderValue },
    /// Redirect the client, as this rule says.
    Redirected { rule: usize, reply: Reply },
    /// The result of this rule is not safe to write.
    Unsafe { rule: usize, reason: Unsafe },
}

impl Rewriter {
    /// Returns what rules read of a request, besides its target.
    pub(crate) fn inputs(&self) -> InputSet {
        let mut inputs = InputSet::default();
        for rule in &self.rules {
            rule.when.iter().for_each(|condition| inputs.extend(condition));
            if rule.redirect.is_some() || rule.inverse.is_some() {
                inputs.insert(Input::RequestHeader(&SCHEME));
                inputs.insert(Input::RequestHeader(&AUTHORITY));
            }
        }
        inputs
    }

    /// Applies the rules to a request, in order. Adds those that can be undone to `applied`.
    pub(crate) fn run(&self, request: &Request<'_>, applied: &mut Applied) -> Outcome {
        let target = request.target;
        // `*` (OPTIONS) and the authority of a CONNECT are not paths.
        if !target.starts_with(b"/") {
            return Outcome::Unchanged;
        }
        let (path, query) = split_query(target);
        self.budget.reset();
        let mut changed: Option<(usize, Vec<u8>)> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            let inputs = Inputs::of_request(request.snapshot);
            let current = changed.as_ref().map_or(path, |(_, path)| split_query(path).0);
            // Checked first, so that the conditions of rules that cannot match take no steps.
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
            // Keeps the parameters that an earlier rule added.
            let earlier = changed.as_ref().map_or(b"".as_slice(), |(_, path)| split_query(path).1);
            changed = Some((index, join_query(result, earlier)));
            if rule.inverse.is_some() {
                applied.push(index);
            }
            if !rule.continues {
                break;
            }
        }
        let Some((rule, path)) = changed else { return Outcome::Unchanged };
        let result = join_query(path, if self.keeps_query { query } else { b"" });
        let outcome = match self.rules.get(rule).and_then(|rule| rule.redirect.as_ref()) {
            Some(redirect) => redirect
                .reply(&result, request)
                .map(|reply| reply.map_or(Outcome::Unchanged, |reply| Outcome::Redirected { rule, reply })),
            None if result == target => return Outcome::Unchanged,
            None => safety::check(target, &result).map(|path| Outcome::Rewritten { rule, path }),
        };
        outcome.unwrap_or_else(|reason| Outcome::Unsafe { rule, reason })
    }
}

/// Appends the query to the path. If the path has parameters of its own, they come first.
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
