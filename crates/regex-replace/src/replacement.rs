//! The replacement of a regex match: literal text and the match's groups.

use regex::bytes::Captures;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Budget, Exceeded, LENGTH_LIMIT, Search};

mod parse;
#[cfg(test)]
mod tests;

pub use parse::{group_names, named_group};

/// The most matches that are replaced in one text.
const MATCH_LIMIT: usize = 128;

/// Which matches to replace.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Occurrences {
    /// Every match.
    All,
    /// The first match.
    First,
}

/// A compiled replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacement(Vec<Part>);

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(Vec<u8>),
    /// The group of the regex with this index.
    Group(usize),
}

/// What a replacement writes its result to.
pub trait Output {
    /// Prepares for about this many bytes.
    fn reserve(&mut self, bytes: usize);

    /// Appends text of the client's that no match covers.
    fn push_rest(&mut self, bytes: &[u8]);

    /// Appends literal text of the replacement.
    fn push_text(&mut self, text: &[u8]);

    /// Appends a group: text of the client's that a match covers.
    fn push_group(&mut self, bytes: &[u8]);

    /// Called after the replacement of each match.
    fn end_match(&mut self) {}

    /// Returns the length of the result so far, in bytes.
    fn length(&self) -> usize;
}

impl Output for Vec<u8> {
    fn reserve(&mut self, bytes: usize) {
        Vec::reserve(self, bytes);
    }

    fn push_rest(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn push_text(&mut self, text: &[u8]) {
        self.extend_from_slice(text);
    }

    fn push_group(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn length(&self) -> usize {
        self.len()
    }
}

impl Replacement {
    /// Returns the parts, in order.
    #[inline]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Appends literal text.
    pub fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.extend_from_slice(text.as_bytes()),
            _ if text.is_empty() => {}
            _ => self.0.push(Part::Text(text.into())),
        }
    }

    /// Appends the group with this index.
    pub fn push_group(&mut self, index: usize) {
        self.0.push(Part::Group(index));
    }

    /// Writes the text with its matches replaced to `output`. Returns whether there are matches: if not, nothing is written.
    ///
    /// # Errors
    /// The text has too many matches, the result is too long, or the searches could take more steps than the budget
    /// has: each of many matches may read the rest of the text, and together they can make a large result.
    pub fn replace<O: Output>(
        &self,
        search: &Search,
        budget: &Budget,
        text: &[u8],
        occurrences: Occurrences,
        output: &mut O,
    ) -> Result<bool, Exceeded> {
        let mut copied = 0;
        let mut count = 0_usize;
        let mut matches = search.regex.captures_iter(text);
        loop {
            let left = text.len().saturating_sub(copied);
            search.afford(budget, left)?;
            let Some(captures) = matches.next() else {
                search.charge(budget, left, None);
                break;
            };
            count = count.saturating_add(1);
            if count > MATCH_LIMIT {
                return Err(Exceeded::Matches);
            }
            let Some(whole) = captures.get(0) else { continue };
            if count == 1 {
                output.reserve(text.len());
            }
            output.push_rest(text.get(copied..whole.start()).unwrap_or_default());
            self.expand(&captures, output);
            search.charge(budget, left, Some(whole.end().saturating_sub(copied)));
            copied = whole.end();
            if output.length() > LENGTH_LIMIT {
                return Err(Exceeded::Length(output.length()));
            }
            if occurrences == Occurrences::First {
                break;
            }
        }
        if count > 0 {
            output.push_rest(text.get(copied..).unwrap_or_default());
        }
        Ok(count > 0)
    }

    fn expand<O: Output>(&self, captures: &Captures<'_>, output: &mut O) {
        for part in &self.0 {
            match part {
                Part::Text(text) => output.push_text(text),
                Part::Group(index) => {
                    output.push_group(captures.get(*index).map_or(b"".as_slice(), |group| group.as_bytes()));
                }
            }
        }
        output.end_match();
    }
}
