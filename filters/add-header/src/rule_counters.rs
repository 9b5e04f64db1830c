//! Metrics of one rule.

use proxy_filter::HostError;
use proxy_filter::metric::Counter;

/// The counters of one rule. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleCounters {
    /// Messages that the rule changed.
    pub(crate) applied: Counter,
    /// Values that the rule did not write. `None` if it writes fixed values only.
    pub(crate) skipped: Option<Counter>,
}

impl RuleCounters {
    /// Defines the counters. `filter` is the plugin's name.
    pub(crate) fn define(filter: &str, rule: &str, may_skip: bool) -> Result<Self, HostError> {
        let define = |name| Counter::define_labeled(name, &[("filter", filter), ("rule", rule)]);
        let skipped = may_skip.then(|| define("add_header.skipped")).transpose()?;
        Ok(Self { applied: define("add_header.applied")?, skipped })
    }
}
