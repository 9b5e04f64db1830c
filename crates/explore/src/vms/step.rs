//! What happens between two states of machines.

use std::fmt::{self, Display, Formatter};

use super::call::{Answer, Call};

/// What happens between two states.
pub enum Step {
    /// A machine makes a call, and gets an answer.
    Call(&'static str, Call, Answer),
    /// The clock jumps by this many nanoseconds.
    Jump(u64),
    /// A machine traps, and starts again.
    Trap(&'static str),
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(name, call, answer) => write!(f, "{name} {call}: {answer}"),
            Self::Jump(by) => write!(f, "the clock jumps by {by} ns"),
            Self::Trap(name) => write!(f, "{name} traps, and starts again"),
        }
    }
}
