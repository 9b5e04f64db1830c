//! Rewrites or redirects requests whose path matches a regular expression, a prefix, an exact path or a template.
//!
//! Rules see the path without its query. The filter tries them in order, and the first that matches wins unless it
//! sets `continue`. Envoy then chooses the route from the new path. If the next server could read a result
//! differently (`safety.rs`), the filter does not write it: it passes the request on unchanged, or replies 400.

mod changes;
mod compile;
mod config;
mod counters;
mod encoding;
mod extras;
mod host;
#[cfg(feature = "reverse")]
mod inverse;
#[cfg(not(feature = "reverse"))]
#[path = "no_inverse.rs"]
mod inverse;
#[cfg(feature = "reverse")]
mod location;
mod matcher;
mod own_headers;
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
mod values;

use std::borrow::Cow;
use std::rc::Rc;

use proxy_filter::headers::pseudo::{AUTHORITY, PATH};
use proxy_filter::inputs::InputSet;
use proxy_filter::logging::Throttled;
use proxy_filter::metric::Counter;
use proxy_filter::prelude::*;
#[cfg(feature = "reverse")]
use proxy_filter::specialize::Phase;
use proxy_filter::specialize::Specialize;

use changes::Changes;
use config::Config;
use counters::RuleCounters;
use inverse::{Applied, Undoable};
use own_headers::OwnHeaders;
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
    own_headers: Option<Box<OwnHeaders>>,
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
        let Plan { rewriter, own_headers, rejects_unsafe, inputs } = &*self.plan;
        let snapshot = match own_headers {
            None => inputs.capture(headers)?,
            Some(own_headers) => {
                let pairs = headers.pairs()?;
                own_headers.remove_forged(headers, &pairs)?;
                inputs.capture_from(pairs)?
            }
        };
        // Hostcalls that return data are expensive: at most one is made for the headers.
        let target = match snapshot.headers().first(&PATH) {
            Some(target) => Some(Cow::Borrowed(target)),
            None => headers.path()?.map(Cow::Owned),
        };
        let Some(target) = target else { return Ok(Flow::Continue) };
        let request = Request { target: &target, snapshot: &snapshot };
        let mut applied = Applied::default();
        match rewriter.run(&request, &mut applied) {
            Outcome::Unchanged => {
                // A rule that happens to make the path that the client sent makes other paths of others.
                *stream = Undoable::new(applied, &snapshot);
                Ok(Flow::Continue)
            }
            Outcome::Rewritten { rule, path } => {
                self.write_path(rule, &path, headers, &request)?;
                *stream = Undoable::new(applied, &snapshot);
                self.count(rule, |counters| counters.changed);
                Ok(Flow::Continue)
            }
            Outcome::Changed { rule, changes } => {
                self.write(rule, &changes, headers, &request)?;
                *stream = Undoable::new(applied, &snapshot);
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
    /// Writes a new target.
    fn write_path(
        &self,
        rule: usize,
        path: &HeaderValue,
        headers: &mut RequestHeaders,
        request: &Request<'_>,
    ) -> Result<(), HostError> {
        log::debug!("rules[{rule}]: {} -> {}", shown(request.target), shown(path.as_bytes()));
        headers.set_path(path)?;
        match &self.plan.own_headers {
            Some(own_headers) => own_headers.tell_path(headers, request),
            None => Ok(()),
        }
    }

    /// Writes changes.
    #[inline(never)]
    fn write(
        &self,
        rule: usize,
        changes: &Changes,
        headers: &mut RequestHeaders,
        request: &Request<'_>,
    ) -> Result<(), HostError> {
        if let Some(path) = &changes.path {
            self.write_path(rule, path, headers, request)?;
        }
        if let Some(host) = &changes.host {
            headers.set(&AUTHORITY, host)?;
        }
        if let Some(own_headers) = &self.plan.own_headers {
            own_headers.tell_changes(headers, changes, request)?;
        }
        self.count(rule, |counters| counters.changed);
        Ok(())
    }

    /// Counts a request in one of a rule's counters.
    fn count(&self, rule: usize, counter: fn(&RuleCounters) -> Counter) {
        if let Some(counters) = self.counters.get(rule) {
            counter(counters).increment(1);
        }
    }
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
