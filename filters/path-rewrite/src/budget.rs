//! Limits the steps that regexes may take for one request.
//!
//! A search takes at most one step per byte of the path and state of the regex, and a short regex with large counts
//! has thousands of states. With `occurrences: all` each match starts another search, which may read the rest of the
//! path.

use std::cell::Cell;

use crate::safety::Unsafe;

/// Steps per request. One step takes up to 160 instructions (`tests/behaviour/linear.rs`).
const STEPS: usize = 1 << 19;

/// The steps that a request has left. All rules and their conditions share them.
#[derive(Debug)]
pub(crate) struct Budget {
    remaining: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { remaining: Cell::new(STEPS), is_exceeded: Cell::new(false) }
    }
}

impl Budget {
    /// Resets the budget for the next request.
    pub(crate) fn reset(&self) {
        self.remaining.set(STEPS);
        self.is_exceeded.set(false);
    }

    /// Returns whether a search was refused because it could have taken more steps than remained.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    /// Checks that this many steps remain.
    ///
    /// # Errors
    /// [`Unsafe::TooManySteps`], which the budget remembers.
    pub(crate) fn afford(&self, steps: usize) -> Result<(), Unsafe> {
        match steps <= self.remaining.get() {
            true => Ok(()),
            false => {
                self.is_exceeded.set(true);
                Err(Unsafe::TooManySteps)
            }
        }
    }

    /// Charges this many steps.
    pub(crate) fn charge(&self, steps: usize) {
        self.remaining.set(self.remaining.get().saturating_sub(steps));
    }
}
