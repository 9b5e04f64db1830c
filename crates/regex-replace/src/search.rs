//! A regex whose searches are charged to a budget.

use regex::bytes::Regex;

use crate::nfa::Bounds;
use crate::{Budget, Exceeded};

/// A regex, and bounds on what a search costs.
#[derive(Debug)]
pub struct Search {
    /// The regex.
    pub regex: Regex,
    bounds: Bounds,
}

impl Search {
    /// Computes the bounds of a regex.
    pub fn new(regex: Regex) -> Self {
        let bounds = Bounds::of(regex.as_str());
        Self { regex, bounds }
    }

    /// Returns whether the text begins with the literal text that every match begins with. Takes no steps.
    #[inline]
    pub fn could_match(&self, text: &[u8]) -> bool {
        text.starts_with(&self.bounds.prefix)
    }

    /// Checks that the budget covers a search through this many bytes.
    ///
    /// # Errors
    /// The search could take more steps than remain.
    #[inline]
    pub fn afford(&self, budget: &Budget, bytes: usize) -> Result<(), Exceeded> {
        budget.afford(self.bounds.steps_per_byte.saturating_mul(bytes))
    }

    /// Returns whether the text matches.
    ///
    /// # Errors
    /// The search could take more steps than remain.
    #[inline]
    pub fn matches(&self, budget: &Budget, text: &[u8]) -> Result<bool, Exceeded> {
        if !self.could_match(text) {
            return Ok(false);
        }
        self.afford(budget, text.len())?;
        self.charge(budget, text.len(), None);
        Ok(self.regex.is_match(text))
    }

    /// Charges a search through this many bytes, whose match, if any, ended after `matched` of them.
    #[inline]
    pub fn charge(&self, budget: &Budget, bytes: usize, matched: Option<usize>) {
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
        assert_eq!(nasty.afford(&budget, 8192), Err(Exceeded::Steps));
        let budget = Budget::default();
        nasty.afford(&budget, 150).unwrap();
        nasty.charge(&budget, 150, Some(1));
        assert_eq!(nasty.afford(&budget, 150), Err(Exceeded::Steps));
    }
}
