//! Rewrites the path of requests by regular expression or prefix.
//!
//! Rules see the path without its query and are tried in order; the first that matches wins. Envoy
//! chooses the route anew from the new path. A result that could mean something else to the next
//! server (`safety.rs`) is not written: the request then goes on as it came.

mod config;
mod replacement;
mod rewrite;
mod safety;

use std::cell::Cell;

use proxy_filter::clock;
use proxy_filter::prelude::*;

use rewrite::Rule;
use safety::Unsafe;

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// Bytes of a target that a line in the log shows.
const SHOWN: usize = 200;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct PathRewrite {
    rules: Vec<Rule>,
    /// When the last warning was, in nanoseconds.
    last_warning: Cell<Option<u64>>,
}

impl Filter for PathRewrite {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration).map(|rules| Self { rules, last_warning: Cell::default() })
    }
}

impl HttpFilter for PathRewrite {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for PathRewrite {
    fn on_request_headers(&self, (): &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        let Some(target) = headers.path()? else { return Ok(Flow::Continue) };
        match self.rewrite(&target) {
            Rewritten::Unmatched => {}
            Rewritten::By(rule, path) => {
                proxy_filter::debug!("rules[{rule}]: {} -> {}", shown(&target), shown(path.as_bytes()));
                headers.set_path(&path)?;
            }
            Rewritten::Refused(reason) => self.warn(&target, reason)?,
        }
        Ok(Flow::Continue)
    }
}

/// What the rules make of a request's target.
#[derive(Debug, PartialEq)]
enum Rewritten {
    /// No rule matches, or the one that does changes nothing.
    Unmatched,
    /// This rule's new target, safe to write.
    By(usize, HeaderValue),
    /// The result is not to be written.
    Refused(Unsafe),
}

impl PathRewrite {
    fn rewrite(&self, target: &[u8]) -> Rewritten {
        // `*` (OPTIONS) and the authority of a CONNECT are no paths.
        if !target.starts_with(b"/") {
            return Rewritten::Unmatched;
        }
        if target.len() > safety::LIMIT {
            return Rewritten::Refused(Unsafe::TooLong(target.len()));
        }
        let (path, query) = rewrite::split_query(target);
        let mut rules = self.rules.iter().enumerate();
        let matched = rules.find_map(|(index, rule)| Some((index, rule.apply(path)?)));
        let Some((rule, result)) = matched else { return Rewritten::Unmatched };
        let result = result.map(|path| rewrite::join_query(path, query));
        match result.as_deref().map(|result| (result == target, safety::check(target, result))) {
            Ok((true, _)) => Rewritten::Unmatched,
            Ok((false, Ok(path))) => Rewritten::By(rule, path),
            Ok((false, Err(reason))) => Rewritten::Refused(reason),
            Err(reason) => Rewritten::Refused(*reason),
        }
    }

    /// Warns at most once a second: a client must not fill the log.
    fn warn(&self, target: &[u8], reason: Unsafe) -> Result<(), HostError> {
        let now = clock::monotonic_nanoseconds()?;
        let last = self.last_warning.get();
        if last.is_none_or(|last| now.saturating_sub(last) >= SECOND) {
            self.last_warning.set(Some(now));
            proxy_filter::warn!("{} left as it is: {reason}", shown(target));
        }
        Ok(())
    }
}

/// The beginning of a target, for the log.
fn shown(target: &[u8]) -> String {
    match target.get(..SHOWN) {
        Some(beginning) => format!("{}... ({} bytes)", beginning.escape_ascii(), target.len()),
        None => target.escape_ascii().to_string(),
    }
}

proxy_filter::http_filter!(PathRewrite: RequestHeaders);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_rewritten() {
        let filter = PathRewrite::configure(br#"{"rules": [{"regex": "a(.)", "replace": "b$1"}]}"#).unwrap();
        for (target, expected) in [
            (b"/ab".as_slice(), Some(b"/bb".as_slice())),
            (b"/a\xff\xfe", Some(b"/b\xff\xfe")),
            (b"*", None),
            (b"", None),
            (b"example.com:443", None),
        ] {
            let rewritten = match filter.rewrite(target) {
                Rewritten::By(_, path) => Some(path.as_bytes().to_vec()),
                Rewritten::Unmatched | Rewritten::Refused(_) => None,
            };
            assert_eq!(rewritten.as_deref(), expected, "{}", target.escape_ascii());
        }
    }
}
