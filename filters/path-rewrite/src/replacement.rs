//! The replacement of a regex match: literal text and the match's groups.

use proxy_filter::config::ConfigError;
use regex::bytes::Captures;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::budget::Budget;
use crate::safety::{self, Unsafe};
use crate::search::Search;

mod parse;
#[cfg(test)]
mod tests;

/// The most matches that are replaced in one path.
const MATCH_LIMIT: usize = 128;

/// Which matches to replace.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Occurrences {
    /// Every match.
    All,
    /// The first match.
    First,
}

/// A compiled replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement(Vec<Part>);

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Literal text.
    Text(Vec<u8>),
    /// The bytes of the group with this index.
    Group(usize),
}

/// A path after replacement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) path: Vec<u8>,
    /// Where the client's bytes begin, after the literal text of the first replacement.
    pub(crate) client_start: usize,
}

impl Replacement {
    /// Returns the parts, in order.
    #[cfg(feature = "reverse")]
    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Refuses literal text with bytes that no result may contain.
    fn checked(self) -> Result<Self, ConfigError> {
        let texts = self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            Part::Group(_) => None,
        });
        match texts.flatten().find(|byte| safety::is_refused(**byte)) {
            Some(byte) => Err(ConfigError::new(safety::advice(*byte))),
            None => Ok(self),
        }
    }

    /// Builds the result for a match whose groups are all `x`.
    fn example(&self) -> Vec<u8> {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Group(_) => b"x".to_vec(),
        };
        self.0.iter().flat_map(part).collect()
    }

    /// Replaces the matches in a path. `None` if there are no matches.
    ///
    /// # Errors
    /// The path has too many matches, the result is too long, or the searches could take more steps than the budget
    /// has: each of many matches may read the rest of the path, and together they can make a large result.
    pub(crate) fn replace(
        &self,
        search: &Search,
        budget: &Budget,
        path: &[u8],
        occurrences: Occurrences,
    ) -> Option<Result<Replaced, Unsafe>> {
        let mut output = Output { path: Vec::new(), in_query: false, client_start: None };
        let mut copied = 0;
        let mut count = 0_usize;
        let mut matches = search.regex.captures_iter(path);
        loop {
            let left = path.len().saturating_sub(copied);
            if let Err(reason) = search.afford(budget, left) {
                return Some(Err(reason));
            }
            let Some(captures) = matches.next() else {
                search.charge(budget, left, None);
                break;
            };
            count = count.saturating_add(1);
            if count > MATCH_LIMIT {
                return Some(Err(Unsafe::TooManyMatches));
            }
            let Some(whole) = captures.get(0) else { continue };
            if count == 1 {
                output.path.reserve(path.len());
            }
            output.push_client_bytes(path.get(copied..whole.start()).unwrap_or_default());
            self.expand(&captures, &mut output);
            output.client_start.get_or_insert(output.path.len());
            search.charge(budget, left, Some(whole.end().saturating_sub(copied)));
            copied = whole.end();
            if output.path.len() > safety::LIMIT {
                return Some(Err(Unsafe::TooLong(output.path.len())));
            }
            if occurrences == Occurrences::First {
                break;
            }
        }
        let client_start = output.client_start?;
        output.push_client_bytes(path.get(copied..).unwrap_or_default());
        Some(Ok(Replaced { path: output.path, client_start }))
    }

    fn expand(&self, captures: &Captures<'_>, output: &mut Output) {
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    output.in_query |= text.contains(&b'?');
                    output.path.extend_from_slice(text);
                }
                Part::Group(index) => {
                    let group = captures.get(*index).map_or(b"".as_slice(), |group| group.as_bytes());
                    if !group.is_empty() {
                        output.client_start.get_or_insert(output.path.len());
                    }
                    output.push_client_bytes(group);
                }
            }
        }
    }
}

/// A result under construction.
struct Output {
    path: Vec<u8>,
    /// Whether a replacement has begun a query.
    in_query: bool,
    /// See [`Replaced::client_start`]; `None` before the first replacement.
    client_start: Option<usize>,
}

impl Output {
    /// Appends a client's bytes. After a replacement's `?`, encodes the characters that separate parameters, so
    /// that a client cannot add parameters.
    fn push_client_bytes(&mut self, bytes: &[u8]) {
        if !self.in_query {
            return self.path.extend_from_slice(bytes);
        }
        for byte in bytes {
            match byte {
                b'&' | b'=' | b'+' | b';' => self.path.extend(format!("%{byte:02X}").into_bytes()),
                byte => self.path.push(*byte),
            }
        }
    }
}
