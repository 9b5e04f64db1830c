//! Several rules for one request: all pass and all are charged, or none is.

use proxy_filter::shared_data::UpdateError;
use proxy_filter::sys::HostError;

use crate::gcra::{Decision, Quota};
use crate::key::Key;
use crate::table::{Slot, Table};

const SECOND: u64 = 1_000_000_000;

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) quota: Quota,
    pub(crate) table: Table,
}

/// A request was refused.
#[derive(Debug)]
pub(crate) struct Limited<'a> {
    /// The rule that refused it; the one with the longest wait if several did.
    pub(crate) rule: &'a str,
    wait: u64,
}

impl Limited<'_> {
    /// Whole seconds until the request would pass, at least one.
    pub(crate) fn retry_after_seconds(&self) -> u64 {
        self.wait.div_ceil(SECOND).max(1)
    }
}

/// Charges every rule that applies, or none: the answer within is whether the request passes.
///
/// With one rule this is one compare-and-swap. With several, all are looked at first, so that a
/// request that is refused writes nothing; should another worker take a last token in between, what
/// was charged is given back.
pub(crate) fn charge<'a>(
    applying: &[(&'a Rule, Slot)],
    now: u64,
) -> Result<Result<(), Limited<'a>>, HostError> {
    if let [(rule, slot)] = applying {
        return decided(rule, rule.table.charge(*slot, rule.quota, now));
    }
    let mut refused: Option<Limited<'a>> = None;
    for (rule, slot) in applying {
        if let Err(limited) = decided(rule, rule.table.peek(*slot, rule.quota, now))?
            && refused.as_ref().is_none_or(|longest| longest.wait < limited.wait)
        {
            refused = Some(limited);
        }
    }
    if let Some(limited) = refused {
        return Ok(Err(limited));
    }
    for (index, (rule, slot)) in applying.iter().enumerate() {
        if let Err(limited) = decided(rule, rule.table.charge(*slot, rule.quota, now))? {
            for (rule, slot) in applying.iter().take(index) {
                if let Err(reason) = rule.table.refund(*slot, rule.quota) {
                    proxy_filter::warn!("`{}`: a token was not given back: {reason}", rule.name);
                }
            }
            return Ok(Err(limited));
        }
    }
    Ok(Ok(()))
}

fn decided<'a>(
    rule: &'a Rule,
    decision: Result<Decision, UpdateError>,
) -> Result<Result<(), Limited<'a>>, HostError> {
    match decision {
        Ok(Decision::Admitted { .. }) => Ok(Ok(())),
        Ok(Decision::Limited { wait }) => Ok(Err(Limited { rule: &rule.name, wait })),
        Err(UpdateError::Contention) => {
            proxy_filter::warn!("`{}`: refused, {}", rule.name, UpdateError::Contention);
            Ok(Err(Limited { rule: &rule.name, wait: SECOND }))
        }
        Err(UpdateError::Host(error)) => Err(error),
    }
}
