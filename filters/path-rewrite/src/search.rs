//! A regex whose searches are charged to the request's budget.

use regex::bytes::Regex;

use crate::budget::Budget;
use crate::nfa::Bounds;
use crate::safety::Unsafe;

/// A regex, and bounds on what a search costs.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) regex: Regex,
    bounds: Bounds,
}

impl Search {
    pub(crate) fn new(regex: Regex) -> Self {
        let bounds = Bounds::of(regex.as_str());
        Self { regex, bounds }
    }

    /// Returns whether the path begins with the literal text that every match begins with. Takes no steps.
    pub(crate) fn could_match(&self, path: &[u8]) -> bool {
        path.starts_with(&self.bounds.prefix)
    }

    /// Checks that the budget covers a search through this many bytes.
    ///
    /// # Errors
    /// The search could take more steps than remain.
    pub(crate) fn afford(&self, budget: &Budget, bytes: usize) -> Result<(), Unsafe> {
        budget.afford(self.bounds.steps_per_byte.saturating_mul(bytes))
    }

    /// Returns whether the path matches.
    ///
    /// # Errors
    /// The search could take more steps than remain.
    pub(crate) fn matches(&self, budget: &Budget, path: &[u8]) -> Result<bool, Unsafe> {
        if !self.could_match(path) {
            return Ok(false);
        }
        self.afford(budget, path.len())?;
        self.charge(budget, path.len(), None);
        Ok(self.regex.is_match(path))
    }

    /// Charges a search through this many bytes, whose match, if any, ended after `matched` of them.
    pub(crate) fn charge(&self, budget: &Budget, bytes: usize, matched: Option<usize>) {
        let read = match (matched, self.bounds.lookahead) {
            (Some(end), Some(lookahead)) => bytes.min(end.saturating_add(lookahead)),
            _ => bytes,
        };
        budget.charge(self.bounds.steps_per_byte.saturating_mul(read));
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::RegexBuilder;

    use super::*;

    fn search(source: &str) -> Search {
        Search::new(RegexBuilder::new(source).unicode(false).build().unwrap())
    }

    #[test]
    fn searches_are_charged_for_the_bytes_they_may_read() {
        let (plain, nasty) = (search("banana/([0-9]*)"), search("Q(?:.*a.{900}c)?"));
        let budget = Budget::default();
        for _ in 0..100 {
            plain.afford(&budget, 8192).unwrap();
            plain.charge(&budget, 8192, Some(80));
        }
        assert!(plain.afford(&budget, 8192).is_ok());
        assert_eq!(nasty.afford(&budget, 8192), Err(Unsafe::TooManySteps));
        let budget = Budget::default();
        nasty.afford(&budget, 150).unwrap();
        nasty.charge(&budget, 150, Some(1));
        assert_eq!(nasty.afford(&budget, 150), Err(Unsafe::TooManySteps));
    }
}
