//! The replacement of a regex match in a path.

use proxy_filter::config::ConfigError;
use regex_replace::{Budget, Occurrences, Output, Part, Regex, Search};

use crate::encoding;
use crate::safety::{self, Unsafe};

mod template;
#[cfg(test)]
mod tests;

/// Room at the end of new paths, in bytes, so that most queries can be appended in place.
pub(crate) const SPARE: usize = 64;

/// A compiled replacement, whose literal text is safe in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement(regex_replace::Replacement);

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
        self.0.parts()
    }

    /// Parses `$1`, `${1}`, `$name`, `${name}` and `$$`. `$1a` is group 1, then `a`.
    pub(crate) fn parse(source: &str, regex: &Regex) -> Result<Self, ConfigError> {
        checked(regex_replace::Replacement::parse(source, regex)?)
    }

    /// Builds the result for a match whose groups are all `x`.
    fn example(&self) -> Vec<u8> {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Group(_) => b"x".to_vec(),
        };
        self.0.parts().iter().flat_map(part).collect()
    }

    /// Replaces the matches in a path. `None` if there are no matches.
    ///
    /// # Errors
    /// The path has too many matches, the result is too long, or the searches could take more steps than the budget
    /// has.
    pub(crate) fn replace(
        &self,
        search: &Search,
        budget: &Budget,
        path: &[u8],
        occurrences: Occurrences,
    ) -> Option<Result<Replaced, Unsafe>> {
        let mut output = NewPath::default();
        if let Err(reason) = self.0.replace(search, budget, path, occurrences, &mut output) {
            return Some(Err(reason.into()));
        }
        let client_start = output.client_start?;
        Some(Ok(Replaced { path: output.path, client_start }))
    }
}

/// Refuses literal text with bytes that no result may contain.
fn checked(replacement: regex_replace::Replacement) -> Result<Replacement, ConfigError> {
    let texts = replacement.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Group(_) => None,
    });
    match texts.flatten().find(|byte| safety::is_refused(**byte)) {
        Some(byte) => Err(ConfigError::new(safety::advice(*byte))),
        None => Ok(Replacement(replacement)),
    }
}

/// A result under construction.
#[derive(Debug, Default)]
struct NewPath {
    path: Vec<u8>,
    /// Whether a replacement has begun a query.
    in_query: bool,
    /// See [`Replaced::client_start`]; `None` before the first replacement.
    client_start: Option<usize>,
}

impl NewPath {
    /// Appends a client's bytes. After a replacement's `?`, encodes the characters that separate parameters, so
    /// that a client cannot add parameters.
    fn push_client_bytes(&mut self, bytes: &[u8]) {
        match self.in_query {
            true => encoding::push(&mut self.path, bytes, |byte| !b"&=+;".contains(&byte)),
            false => self.path.extend_from_slice(bytes),
        }
    }
}

impl Output for NewPath {
    fn reserve(&mut self, bytes: usize) {
        self.path.reserve(bytes.saturating_add(SPARE));
    }

    fn push_rest(&mut self, bytes: &[u8]) {
        self.push_client_bytes(bytes);
    }

    fn push_text(&mut self, text: &[u8]) {
        self.in_query |= text.contains(&b'?');
        self.path.extend_from_slice(text);
    }

    fn push_group(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.client_start.get_or_insert(self.path.len());
        }
        self.push_client_bytes(bytes);
    }

    fn end_match(&mut self) {
        self.client_start.get_or_insert(self.path.len());
    }

    fn length(&self) -> usize {
        self.path.len()
    }
}
