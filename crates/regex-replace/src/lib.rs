//! Replaces matches of regular expressions in a client's bytes. Regexes have a size limit, and searches a [`Budget`], so
//! that no regex and no client can keep a worker busy for long.

mod budget;
mod compile;
mod nfa;
mod replacement;
mod search;

pub use regex::bytes::Regex;

pub use budget::Budget;
pub use compile::compile;
pub use replacement::{Occurrences, Output, Part, Replacement, group_names, named_group};
pub use search::Search;

/// The most bytes of a text that is searched, and of a result.
pub const LENGTH_LIMIT: usize = 8192;

/// The bound that a search or a replacement would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// The text or the result has at least this many bytes.
    #[error("it has at least {0} bytes; the limit is {LENGTH_LIMIT}")]
    Length(usize),
    /// The text has too many matches.
    #[error("the regex matches too often")]
    Matches,
    /// The search could take more steps than remain.
    #[error("matching could take too many steps")]
    Steps,
}
