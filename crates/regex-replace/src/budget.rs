//! Limits the steps that regexes may take for one request or another message.
//!
//! A search takes at most one step per byte of the text and state of the regex, and a short regex with large counts
//! has thousands of states. With `occurrences: all` each match starts another search, which may read the rest of the
//! text.

use std::cell::Cell;

use crate::Exceeded;

/// Steps per message. One step takes up to 160 instructions (path-rewrite's `tests/behaviour/linear.rs`).
const STEPS: usize = 1 << 19;

/// The steps that a message has left. All rules and their conditions share them.
#[derive(Debug)]
pub struct Budget {
    remaining: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { remaining: Cell::new(STEPS), is_exceeded: Cell::new(false) }
    }
}

// Functions on the way of each request are inline: otherwise a request costs path-rewrite 0.2% more instructions.
impl Budget {
    /// Resets the budget for the next message.
    #[inline]
    pub fn reset(&self) {
        self.remaining.set(STEPS);
        self.is_exceeded.set(false);
    }

    /// Returns whether a search was refused because it could have taken more steps than remained.
    #[inline]
    pub fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    /// Checks that this many steps remain.
    ///
    /// # Errors
    /// [`Exceeded::Steps`], which the budget remembers.
    #[inline]
    pub fn afford(&self, steps: usize) -> Result<(), Exceeded> {
        match steps <= self.remaining.get() {
            true => Ok(()),
            false => {
                self.is_exceeded.set(true);
                Err(Exceeded::Steps)
            }
        }
    }

    /// Charges this many steps.
    #[inline]
    pub fn charge(&self, steps: usize) {
        self.remaining.set(self.remaining.get().saturating_sub(steps));
    }
}
