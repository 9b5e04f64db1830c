//! Replaces the matches of a regular expression in a header's values.

use proxy_filter::HostError;
use proxy_filter::headers::{AnyHeaders, HeaderName, HeaderPairs, HeaderValue, InvalidHeaderValue};
use proxy_filter::logging::Throttled;
use regex_replace::{Exceeded, LENGTH_LIMIT, Occurrences, Replacement, Search};

pub(crate) use regex_replace::Budget;

use crate::rule_counters::RuleCounters;

#[cfg(test)]
mod tests;

/// Edits each value of a header on its own.
#[derive(Debug)]
pub(crate) struct Substitution {
    pub(crate) name: HeaderName,
    pub(crate) search: Search,
    pub(crate) replacement: Replacement,
    pub(crate) occurrences: Occurrences,
    /// Whether to remove a value that becomes empty.
    pub(crate) drops_empty: bool,
    /// When the rule last warned of a value that it left as it was.
    pub(crate) warnings: Throttled,
}

/// Why a value stays as it was, although it may match.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Exceeded(#[from] Exceeded),
    #[error("in the result, {0}")]
    Invalid(#[from] InvalidHeaderValue),
}

impl Substitution {
    /// Returns whether a message can prevent an edit: long values, and results that are not header values.
    pub(crate) fn may_skip(&self) -> bool {
        true
    }

    /// Edits the values, and writes them if any changed. Returns whether any did.
    pub(crate) fn apply(
        &self,
        headers: &mut AnyHeaders<'_>,
        budget: &Budget,
        counters: &RuleCounters,
    ) -> Result<bool, HostError> {
        let pairs = headers.pairs()?;
        let mut edits = Vec::new();
        for value in pairs.values(&self.name) {
            edits.push(match self.edited(budget, value) {
                Ok(edited) => edited,
                Err(reason) => {
                    counters.skipped.iter().for_each(|skipped| skipped.increment(1));
                    self.warnings.warn(format_args!("a value of `{}` is not edited: {reason}", self.name))?;
                    None
                }
            });
        }
        match edits.iter().any(Option::is_some) {
            true => self.write(headers, &pairs, edits).map(|()| true),
            false => Ok(false),
        }
    }

    /// Returns the new value. `None` if the value stays as it is.
    ///
    /// # Errors
    /// The value or the result is too long, the search could take too many steps, or the result is not a header value.
    fn edited(&self, budget: &Budget, value: &[u8]) -> Result<Option<HeaderValue>, Refused> {
        if !self.search.could_match(value) {
            return Ok(None);
        }
        check_length(value)?;
        let mut result = Vec::new();
        if !self.replacement.replace(&self.search, budget, value, self.occurrences, &mut result)? {
            return Ok(None);
        }
        check_length(&result)?;
        let result = HeaderValue::new(result)?;
        Ok((result.as_bytes() != value).then_some(result))
    }

    /// Writes all values again, because a single one cannot be written. The host refuses control characters before filters
    /// run: where it does not, they become spaces in values that stay as they are.
    fn write(
        &self,
        headers: &mut AnyHeaders<'_>,
        pairs: &HeaderPairs,
        edits: Vec<Option<HeaderValue>>,
    ) -> Result<(), HostError> {
        let mut replaces = true;
        for (value, edited) in pairs.values(&self.name).zip(edits) {
            let value = match edited {
                Some(edited) if self.drops_empty && edited.as_bytes().is_empty() => continue,
                Some(edited) => edited,
                None => HeaderValue::with_spaces_for_controls(value),
            };
            // The first value replaces those that are there.
            match std::mem::take(&mut replaces) {
                true => headers.set(&self.name, &value)?,
                false => headers.append(&self.name, &value)?,
            }
        }
        if replaces { headers.remove(&self.name) } else { Ok(()) }
    }
}

fn check_length(text: &[u8]) -> Result<(), Exceeded> {
    if text.len() > LENGTH_LIMIT { Err(Exceeded::Length(text.len())) } else { Ok(()) }
}
