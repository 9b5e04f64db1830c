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

use proxy_filter::headers::HeaderPairs;
use proxy_filter::headers::pseudo::PATH;
use proxy_filter::inputs::InputSet;
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
    needs: InputSet,
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
    type Tag = NoCalls;
}

impl OnRequestHeaders for PathRewrite {
    fn on_request_headers(&self, (): &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        let (request, target) = match &self.original_path_header {
            Some(name) => {
                // One hostcall for all: each that returns data is dear.
                let pairs = headers.pairs()?;
                remove_lookalikes(headers, &pairs, name)?;
                (self.needs.capture_from(&pairs)?, pairs.first(&PATH).map(<[u8]>::to_vec))
            }
            None => (self.needs.capture(headers)?, headers.path()?),
        };
        let Some(target) = target else { return Ok(Flow::Continue) };
        let outcome = self.rewriter.run(&Target { target: &target, request: &request });
        match outcome {
            Outcome::Unchanged => Ok(Flow::Continue),
            Outcome::Rewritten { rule, path } => {
                log::debug!("rules[{rule}]: {} -> {}", shown(&target), shown(path.as_bytes()));
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

/// Removes what a client sent under the name of ours: it could pass for it. So could a name that has `_` for `-`, to
/// an upstream that makes variables of headers, as CGI does.
fn remove_lookalikes(
    headers: &mut RequestHeaders,
    pairs: &HeaderPairs,
    name: &HeaderName,
) -> Result<(), HostError> {
    let folded = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };
    let is_alike = |other: &[u8]| other.iter().map(folded).eq(name.as_bytes().iter().map(folded));
    let alike = pairs.iter().map(|(other, _)| other).filter(|other| is_alike(other));
    // A name that is none of ours to write is none of a header that a proxy passes on.
    let names = alike.filter_map(|other| HeaderName::new(std::str::from_utf8(other).ok()?).ok());
    names.into_iter().try_for_each(|other| headers.remove(&other))
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
