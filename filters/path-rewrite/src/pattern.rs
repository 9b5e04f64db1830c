//! The regular expression of a condition on the path.

use std::rc::Rc;

use proxy_filter::matching::PathPattern;
use regex_replace::{Budget, Search};

/// A regex that takes its steps from the request's budget. If too few remain, the condition is unknown.
#[derive(Debug)]
pub(crate) struct BudgetedRegex {
    search: Search,
    budget: Rc<Budget>,
}

impl BudgetedRegex {
    pub(crate) fn new(search: Search, budget: Rc<Budget>) -> Self {
        Self { search, budget }
    }
}

impl PathPattern for BudgetedRegex {
    fn matches(&self, path: &[u8]) -> Option<bool> {
        self.search.matches(&self.budget, path).ok()
    }
}
