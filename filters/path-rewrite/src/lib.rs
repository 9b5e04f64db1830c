//! Rewrites or redirects requests whose path matches a regular expression, a prefix, an exact path or a template.
//!
//! Rules see the path without its query. The filter tries them in order, and the first that matches wins unless it
//! sets `continue`. Envoy then chooses the route from the new path. If the next server could read a result
//! differently (`safety.rs`), the filter does not write it: it passes the request on unchanged, or replies 400.

mod compile;
mod config;
mod counters;
#[cfg(feature = "reverse")]
mod inverse;
#[cfg(not(feature = "reverse"))]
#[path = "no_inverse.rs"]
mod inverse;
#[cfg(feature = "reverse")]
mod location;
mod matcher;
mod path_template;
mod pattern;
mod redirect;
mod replacement;
mod request;
#[cfg(feature = "reverse")]
mod response;
mod rewriter;
mod safety;
#[cfg(feature = "reverse")]
mod set_cookie;
#[cfg(feature = "reverse")]
mod undo;

use std::borrow::Cow;
use std::rc::Rc;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::headers::pseudo::PATH;
use proxy_filter::inputs::InputSet;
use proxy_filter::logging::Throttled;
use proxy_filter::metric::Counter;
use proxy_filter::prelude::*;
#[cfg(feature = "reverse")]
use proxy_filter::specialize::Phase;
use proxy_filter::specialize::Specialize;

use config::Config;
use counters::RuleCounters;
use inverse::{Applied, Undoable};
use request::Request;
use rewriter::{Outcome, Rewriter};

/// The filter.
#[derive(Debug)]
pub struct PathRewrite {
    plan: Rc<Plan>,
    /// For each rule, when it last warned of an unsafe result.
    warnings: Vec<Throttled>,
    /// The counters of each rule.
    counters: Vec<RuleCounters>,
}

/// The compiled configuration.
#[derive(Debug)]
pub struct Plan {
    rewriter: Rewriter,
    original_path_header: Option<HeaderName>,
    rejects_unsafe: bool,
    /// What conditions and redirects read of a request.
    inputs: InputSet,
}

impl Specialize for PathRewrite {
    type Plan = Plan;

    fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
        Config::parse(configuration)?.try_into()
    }

    fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        let warnings = plan.rewriter.rules.iter().map(|_| Throttled::default()).collect();
        let counters = RuleCounters::define(&plan.rewriter.rules)?;
        Ok(Self { plan, warnings, counters })
    }

    #[cfg(feature = "reverse")]
    fn needs(plan: &Plan, phase: Phase) -> bool {
        phase != Phase::ResponseHeaders || plan.rewriter.rules.iter().any(|rule| rule.inverse.is_some())
    }
}

impl HttpFilter for PathRewrite {
    type Stream = Undoable;
    type Tag = NoTag;
}

impl OnRequestHeaders for PathRewrite {
    fn on_request_headers(
        &self,
        stream: &mut Undoable,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let Plan { rewriter, original_path_header, rejects_unsafe, inputs } = &*self.plan;
        let snapshot = match original_path_header {
            Some(name) => {
                let pairs = headers.pairs()?;
                remove_lookalikes(headers, &pairs, name)?;
                inputs.capture_from(pairs)?
            }
            None => inputs.capture(headers)?,
        };
        // Hostcalls that return data are expensive: at most one is made for the headers.
        let target = match snapshot.headers().first(&PATH) {
            Some(target) => Some(Cow::Borrowed(target)),
            None => headers.path()?.map(Cow::Owned),
        };
        let Some(target) = target else { return Ok(Flow::Continue) };
        let mut applied = Applied::default();
        match rewriter.run(&Request { target: &target, snapshot: &snapshot }, &mut applied) {
            Outcome::Unchanged => Ok(Flow::Continue),
            Outcome::Rewritten { rule, path } => {
                log::debug!("rules[{rule}]: {} -> {}", shown(&target), shown(path.as_bytes()));
                headers.set_path(&path)?;
                *stream = Undoable::new(applied, &snapshot);
                self.count(rule, |counters| counters.changed);
                if let Some(name) = original_path_header {
                    headers.set(name, &HeaderValue::with_spaces_for_controls(&target))?;
                }
                Ok(Flow::Continue)
            }
            Outcome::Redirected { rule, reply } => {
                self.count(rule, |counters| counters.changed);
                Ok(Flow::Reply(reply))
            }
            Outcome::Unsafe { rule, reason } => {
                self.count(rule, |counters| counters.unsafe_results);
                let action = if *rejects_unsafe { "rejected with 400" } else { "passed unchanged" };
                if let Some(warning) = self.warnings.get(rule) {
                    warning.warn(format_args!("rules[{rule}]: {} {action}: {reason}", shown(&target)))?;
                }
                let reply = Reply::new(400).details("path_rewrite_unsafe");
                Ok(if *rejects_unsafe { Flow::Reply(reply) } else { Flow::Continue })
            }
        }
    }
}

impl PathRewrite {
    /// Counts a request in one of a rule's counters.
    fn count(&self, rule: usize, counter: fn(&RuleCounters) -> Counter) {
        if let Some(counters) = self.counters.get(rule) {
            counter(counters).increment(1);
        }
    }
}

/// Removes a client's own header of this name, so that it cannot forge the original path. Removes names with `_` for
/// `-` too: an upstream that turns headers into variables, as CGI does, cannot tell them apart.
fn remove_lookalikes(
    headers: &mut RequestHeaders,
    pairs: &HeaderPairs,
    name: &HeaderName,
) -> Result<(), HostError> {
    let folded = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };
    let is_lookalike = |other: &[u8]| other.iter().map(folded).eq(name.as_bytes().iter().map(folded));
    let lookalikes = pairs.iter().map(|(other, _)| other).filter(|other| is_lookalike(other));
    // Envoy passes on no header whose name is not a valid `HeaderName`.
    let names = lookalikes.filter_map(|other| HeaderName::new(std::str::from_utf8(other).ok()?).ok());
    names.into_iter().try_for_each(|other| headers.remove(&other))
}

/// The most bytes of a target in a log line.
const SHOWN: usize = 200;

/// Escapes and truncates a target for the log.
fn shown(target: &[u8]) -> String {
    match target.get(..SHOWN) {
        Some(beginning) => format!("{}... ({} bytes)", beginning.escape_ascii(), target.len()),
        None => target.escape_ascii().to_string(),
    }
}

#[cfg(not(feature = "reverse"))]
proxy_filter::http_filter!(PathRewrite: RequestHeaders; Specialize);
#[cfg(feature = "reverse")]
proxy_filter::http_filter!(PathRewrite: RequestHeaders, ResponseHeaders; Specialize);
