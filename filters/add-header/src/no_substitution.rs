//! Stands in for `substitution.rs` in the module without regular expressions.

use proxy_filter::HostError;
use proxy_filter::headers::AnyHeaders;

use crate::rule_counters::RuleCounters;

/// What edits take. Nothing, because there are none.
#[derive(Debug, Default)]
pub(crate) struct Budget {}

/// A change that no configuration of this module makes.
#[derive(Debug)]
pub(crate) enum Substitution {}

impl Substitution {
    pub(crate) fn may_skip(&self) -> bool {
        match *self {}
    }

    pub(crate) fn apply(
        &self,
        _: &mut AnyHeaders<'_>,
        _: &Budget,
        _: &RuleCounters,
    ) -> Result<bool, HostError> {
        match *self {}
    }
}
