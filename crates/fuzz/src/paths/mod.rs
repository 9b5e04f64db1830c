//! Rules of path-rewrite and paths, with what the rules should make of the paths.

mod bounds;
mod readings;
mod rule;
mod walk;

pub use readings::{encoded, has_dots, is_safe};
pub use rule::{Compiled, Pattern, Rule};
pub use walk::{Walk, walk};

use crate::regexes::pick;

/// What paths are made of.
pub const PIECES: [&str; 26] = [
    "/", "a", "b", "old", "new", ".", "..", "%2e", "%2F", "\\", "%5c", ";x", "%00", "%3b", "\u{e9}", "=",
    "&", "-", "//", "/a/b", "1", "+", "%41", ":", "A", "/..",
];

/// The bound on results (path-rewrite's README).
pub const LONGEST: usize = 8192;

/// Makes a path of pieces.
pub fn path(pieces: &[u8]) -> String {
    let pieces = pieces.iter().map(|number| pick(&PIECES, *number));
    std::iter::once("/").chain(pieces).collect()
}

/// Makes the path of a request, which begins like one that a rule matches if `rule` is given.
pub fn requested(rule: Option<&Compiled<'_>>, pieces: &[u8]) -> String {
    let start = rule.map_or("/".into(), Compiled::example);
    pieces.iter().fold(start, |path, number| path + pick(&PIECES, *number))
}

/// Splits a target into its path and its query, which keeps its question mark.
pub fn split(target: &[u8]) -> (&[u8], &[u8]) {
    target.split_at(target.iter().position(|byte| *byte == b'?').unwrap_or(target.len()))
}
