//! Metrics of the rules.

use proxy_filter::HostError;
use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::metric::Counter;

use crate::rewriter::Rule;

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCounters {
    /// Requests that the rule rewrote or redirected: a rule does one or the other.
    pub(crate) changed: Counter,
    /// Requests for which the rule's result was not safe to write.
    pub(crate) unsafe_results: Counter,
}

impl RuleCounters {
    /// Defines the counters of all rules, in their order. The name of a rule is its place in the list.
    pub(crate) fn define(rules: &[Rule]) -> Result<Vec<Self>, HostError> {
        let filter = PLUGIN_NAME.get()?.unwrap_or_default();
        let define = |(position, rule): (usize, &Rule)| {
            let labels = [("filter", &*filter), ("rule", &position.to_string())];
            let changed = match rule.redirect {
                Some(_) => "path_rewrite.redirected",
                None => "path_rewrite.rewritten",
            };
            Ok(Self {
                changed: Counter::define_labeled(changed, &labels)?,
                unsafe_results: Counter::define_labeled("path_rewrite.unsafe", &labels)?,
            })
        };
        rules.iter().enumerate().map(define).collect()
    }
}
