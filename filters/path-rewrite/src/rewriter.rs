//! Applies the rules to one request.

use std::rc::Rc;

use proxy_filter::flow::Reply;
use proxy_filter::headers::HeaderValue;
use proxy_filter::headers::pseudo::{AUTHORITY, SCHEME};
use proxy_filter::inputs::{Input, InputSet, Inputs};
use proxy_filter::matching::When;
use regex_replace::Budget;

use crate::changes::Changes;
use crate::extras::Extras;
use crate::inverse::{Applied, Inverse};
use crate::matcher::Matcher;
use crate::pattern::BudgetedRegex;
use crate::redirect::Redirect;
use crate::request::{Request, split_query};
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
    /// What few rules have.
    pub(crate) extras: Option<Box<Extras>>,
    /// Whether the upstream is told the prefix that the rule strips.
    pub(crate) tells_prefix: bool,
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
    /// Make these changes, which are safe, to more than the target. This rule made the last of them.
    Changed { rule: usize, changes: Box<Changes> },
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
            rule.extras.iter().for_each(|extras| inputs.extend(&**extras));
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
        let mut host = None;
        let mut tells_prefix = false;
        for (index, rule) in self.rules.iter().enumerate() {
            let current = changed.as_ref().map_or(path, |(_, path)| split_query(path).0);
            let result = match rule.apply(current, &mut host, request, &self.budget) {
                None => continue,
                Some(Ok(result)) => result,
                Some(Err(reason)) => return Outcome::Unsafe { rule: index, reason },
            };
            // Keeps the parameters that an earlier rule added.
            let earlier = changed.as_ref().map_or(b"".as_slice(), |(_, path)| split_query(path).1);
            changed = Some((index, join_query(result, earlier)));
            tells_prefix |= rule.tells_prefix;
            if rule.inverse.is_some() {
                applied.push(index);
            }
            if !rule.continues {
                break;
            }
        }
        let Some((rule, path)) = changed else { return Outcome::Unchanged };
        let result = join_query(path, if self.keeps_query { query } else { b"" });
        let host = host.as_deref();
        let outcome = match self.rules.get(rule).and_then(|rule| Some((rule, rule.redirect.as_ref()?))) {
            Some((by, redirect)) => by
                .check_redirect(&result, host, request, &self.budget)
                .and_then(|host| redirect.reply(&result, host, request))
                .map(|reply| match reply {
                    Some(reply) => Outcome::Redirected { rule, reply },
                    None => {
                        // The request continues as the client sent it.
                        *applied = Applied::default();
                        Outcome::Unchanged
                    }
                }),
            None if host.is_some() || tells_prefix => {
                Changes::new(&result, host, tells_prefix, request).map(|changes| {
                    changes.map_or(Outcome::Unchanged, |changes| Outcome::Changed { rule, changes })
                })
            }
            None if result == target => return Outcome::Unchanged,
            None => safety::check(target, &result).map(|path| Outcome::Rewritten { rule, path }),
        };
        outcome.unwrap_or_else(|reason| Outcome::Unsafe { rule, reason })
    }
}

impl Rule {
    /// Returns whether the rule changes the request's host.
    pub(crate) fn rewrites_host(&self) -> bool {
        self.redirect.is_none() && self.extras.as_ref().is_some_and(|extras| extras.host.is_some())
    }

    /// Returns the new path, which may have a query of its own. `None` if the rule does not apply to the request. Sets
    /// `host` if the rule makes a new one.
    ///
    /// # Errors
    /// A result is not safe to write, or it could take too many steps.
    fn apply(
        &self,
        path: &[u8],
        host: &mut Option<String>,
        request: &Request<'_>,
        budget: &Budget,
    ) -> Option<Result<Vec<u8>, Unsafe>> {
        // Checked first, so that a rule that cannot match takes no steps.
        if (self.when.is_some() || self.extras.is_some()) && !self.matcher.could_match(path) {
            return None;
        }
        let inputs = Inputs::of_request(request.snapshot);
        if self.when.as_ref().is_some_and(|condition| condition.holds(&inputs) != Some(true)) {
            return budget.is_exceeded().then_some(Err(Unsafe::TooManySteps));
        }
        let prepared = match &self.extras {
            Some(extras) => match extras.prepare(&self.matcher, host.as_deref(), request, budget)? {
                Ok(prepared) => Some(prepared),
                // Unsafe only if the rule matches.
                Err(reason) => return self.matcher.apply(path, None, budget).map(|_| Err(reason)),
            },
            None => None,
        };
        let rendered = prepared.as_ref().and_then(|prepared| prepared.replacement.as_ref());
        let result = self.matcher.apply(path, rendered, budget)?;
        if let Some(new) = prepared.and_then(|prepared| prepared.host) {
            *host = Some(new);
        }
        Some(result)
    }

    /// Returns the host that this rule made for its redirect, if it made one.
    ///
    /// # Errors
    /// The redirect may not come to an end, or the search could take too many steps.
    fn check_redirect<'a>(
        &self,
        to: &[u8],
        host: Option<&'a str>,
        request: &Request<'_>,
        budget: &Budget,
    ) -> Result<Option<&'a str>, Unsafe> {
        let rewrite = self.extras.as_ref().and_then(|extras| extras.host.as_ref());
        let (Some(rewrite), Some(host)) = (rewrite, host) else { return Ok(None) };
        // With another path, the rule may not match again.
        if split_query(to).0 == split_query(request.target).0 {
            rewrite.check_end(host, budget)?;
        }
        Ok(Some(host))
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
