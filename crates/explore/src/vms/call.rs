//! The calls that machines make of the host, and what it answers.

use std::fmt::{self, Display, Formatter};
use std::hash::Hash;
use std::rc::Rc;

use super::shared::Shared;

/// A hostcall. Other machines' calls may come before it.
#[derive(Clone)]
pub enum Call {
    /// There is none: the program has ended.
    End,
    /// Reads the clock.
    Time,
    /// Asks which of so many ways to go.
    Choose(usize),
    /// Reads a value of shared data.
    Read(Rc<[u8]>),
    /// Writes a value of shared data, if its compare-and-swap number is still this one.
    Write(Rc<[u8]>, Rc<[u8]>, Option<u32>),
}

/// What the host answers.
#[derive(Clone)]
pub enum Answer {
    /// Nanoseconds.
    Time(u64),
    /// Which way to go.
    Choice(usize),
    /// A value of shared data and its number.
    Read(Rc<[u8]>, Option<Rc<[u8]>>, u32),
    /// Whether the value was written.
    Written(bool),
}

impl Answer {
    pub(super) fn identity(&self, shared: &Shared) -> impl Hash {
        match self {
            Self::Time(now) => (0, *now, None),
            Self::Choice(choice) => (1, *choice as u64, None),
            // A number that is outdated stays so, whatever it is.
            Self::Read(key, value, version) => {
                (2, u64::from(shared.read(key).1 == *version), Some((Rc::clone(key), value.clone())))
            }
            Self::Written(is_written) => (3, u64::from(*is_written), None),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("ends"),
            Self::Time => f.write_str("reads the clock"),
            Self::Choose(_) => f.write_str("chooses"),
            Self::Read(key) => write!(f, "reads {}", Bytes(key)),
            Self::Write(key, value, _) => write!(f, "writes {} = {}", Bytes(key), Bytes(value)),
        }
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(now) => write!(f, "{now}"),
            Self::Choice(choice) => write!(f, "{choice}"),
            Self::Read(_, None, _) => f.write_str("nothing"),
            Self::Read(_, Some(value), _) => write!(f, "{}", Bytes(value)),
            Self::Written(true) => f.write_str("done"),
            Self::Written(false) => f.write_str("another machine came first"),
        }
    }
}

/// Text if it is text, otherwise numbers of eight bytes.
struct Bytes<'a>(&'a [u8]);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) if text.chars().all(|char| !char.is_control()) => write!(f, "`{text}`"),
            _ => {
                let (words, rest) = self.0.as_chunks::<8>();
                let words = words.iter().map(|word| u64::from_le_bytes(*word));
                f.debug_list().entries(words).entries(rest).finish()
            }
        }
    }
}
