//! Rewrites the path of requests by regular expression or prefix.
//!
//! Rules see the path without its query and are tried in order; the first that matches wins. Envoy
//! chooses the route anew from the new path. A result that could mean something else to the next
//! server (`safety.rs`) is not written: the request then goes on as it came.

mod config;
mod replacement;
mod rewrite;
mod safety;

use proxy_filter::prelude::*;

use rewrite::Rule;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct PathRewrite {
    rules: Vec<Rule>,
}

impl Filter for PathRewrite {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration).map(|rules| Self { rules })
    }
}

impl HttpFilter for PathRewrite {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for PathRewrite {
    fn on_request_headers(&self, (): &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        if let Some(target) = headers.path()?
            && let Some((index, rewritten)) = self.rewrite(&target)
        {
            match safety::check(&target, &rewritten) {
                Ok(path) => {
                    proxy_filter::debug!(
                        "rules[{index}]: {} -> {}",
                        target.escape_ascii(),
                        rewritten.escape_ascii()
                    );
                    headers.set_path(&path)?;
                }
                Err(reason) => {
                    proxy_filter::warn!("rules[{index}]: {} left as it is: {reason}", target.escape_ascii());
                }
            }
        }
        Ok(Flow::Continue)
    }
}

impl PathRewrite {
    /// The new request target and the rule that made it, if one did and it differs.
    fn rewrite(&self, target: &[u8]) -> Option<(usize, Vec<u8>)> {
        // `*` (OPTIONS) and the authority of a CONNECT are no paths.
        target.starts_with(b"/").then_some(())?;
        let (path, query) = rewrite::split_query(target);
        let (index, new_path) =
            self.rules.iter().enumerate().find_map(|(index, rule)| Some((index, rule.apply(path)?)))?;
        let rewritten = rewrite::join_query(new_path, query);
        (rewritten != target).then_some((index, rewritten))
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
            let rewritten = filter.rewrite(target).map(|(_, rewritten)| rewritten);
            assert_eq!(rewritten.as_deref(), expected, "{}", target.escape_ascii());
        }
    }
}
