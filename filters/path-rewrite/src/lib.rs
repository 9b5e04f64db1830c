//! Rewrites the path of requests, or redirects them, by regular expression, prefix, exact path or template.
//!
//! Rules see the path without its query and are tried in order; the first that matches wins unless it says
//! `continue`. Envoy chooses the route anew from the new path. A result that could mean something else to
//! the next server (`safety.rs`) is not written: the request then goes on as it came, or is refused.

mod budget;
mod config;
mod matcher;
mod redirect;
mod replacement;
mod rewrite;
mod safety;

use proxy_filter::facts::Needs;
use proxy_filter::metric::Counter;
use proxy_filter::prelude::*;

use rewrite::{Outcome, Rewriter, Rule, Target};

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct PathRewrite {
    rewriter: Rewriter,
    original_path_header: Option<HeaderName>,
    rejects_unsafe: bool,
    /// What conditions and redirects need of the request.
    needs: Needs,
    unsafe_results: Counter,
}

impl Filter for PathRewrite {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let compiled = config::compile(configuration)?;
        let needs = compiled.rewriter.needs();
        let unsafe_results = Counter::define("path_rewrite.unsafe")?;
        let config::Compiled { rewriter, original_path_header, rejects_unsafe } = compiled;
        Ok(Self { rewriter, original_path_header, rejects_unsafe, needs, unsafe_results })
    }
}

impl HttpFilter for PathRewrite {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for PathRewrite {
    fn on_request_headers(&self, (): &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        let request = self.needs.capture(headers)?;
        // A client's own could pass for ours.
        if let Some(name) = &self.original_path_header {
            headers.remove(name)?;
        }
        let Some(target) = headers.path()? else { return Ok(Flow::Continue) };
        let outcome = self.rewriter.run(&Target { target: &target, request: &request });
        match outcome {
            Outcome::Unchanged => Ok(Flow::Continue),
            Outcome::Rewritten { rule, path } => {
                proxy_filter::debug!("rules[{rule}]: {} -> {}", shown(&target), shown(path.as_bytes()));
                headers.set_path(&path)?;
                if let Some(name) = &self.original_path_header {
                    headers.set(name, &HeaderValue::with_spaces_for_controls(&target))?;
                }
                Ok(Flow::Continue)
            }
            Outcome::Redirected(reply) => Ok(Flow::Reply(reply)),
            Outcome::Unsafe { rule, reason } => {
                self.unsafe_results.increment(1);
                let becomes = if self.rejects_unsafe { "answered 400" } else { "left as it is" };
                if let Some(Rule { warning, .. }) = self.rewriter.rules.get(rule) {
                    warning.warn(format_args!("rules[{rule}]: {} {becomes}: {reason}", shown(&target)))?;
                }
                let reply = Reply::new(400).details("path_rewrite_unsafe");
                Ok(if self.rejects_unsafe { Flow::Reply(reply) } else { Flow::Continue })
            }
        }
    }
}

/// Bytes of a target that a line in the log shows.
const SHOWN: usize = 200;

/// The beginning of a target, for the log.
fn shown(target: &[u8]) -> String {
    match target.get(..SHOWN) {
        Some(beginning) => format!("{}... ({} bytes)", beginning.escape_ascii(), target.len()),
        None => target.escape_ascii().to_string(),
    }
}

proxy_filter::http_filter!(PathRewrite: RequestHeaders);
