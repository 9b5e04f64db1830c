//! Matches paths and builds new ones.

use proxy_filter::target::has_dots;
use regex_replace::{Budget, Exceeded, Occurrences, Search};

use crate::replacement::{Replaced, Replacement};
use crate::safety::{self, Unsafe};

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;

/// How a rule matches, with the replacement. Without a replacement, the path stays the same.
#[derive(Debug)]
pub(crate) enum Matcher {
    Regex {
        search: Search,
        replacement: Option<Replacement>,
        occurrences: Occurrences,
        /// Whether the regex comes from a path template. Its groups are then the template's variables.
        is_template: bool,
    },
    Prefix {
        /// The path's first segments, without a trailing slash.
        prefix: Vec<u8>,
        replacement: Option<PrefixReplacement>,
    },
    Exact {
        path: Vec<u8>,
        replacement: Option<Vec<u8>>,
    },
}

/// The replacement of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrefixReplacement {
    /// Without a trailing slash.
    pub(crate) segments: Vec<u8>,
    /// Empty, or a query with its question mark.
    pub(crate) query: Vec<u8>,
}

impl Matcher {
    /// Returns whether the path could match, judged by its beginning. Takes no steps.
    pub(crate) fn could_match(&self, path: &[u8]) -> bool {
        match self {
            Self::Regex { search, .. } => search.could_match(path),
            Self::Prefix { prefix, .. } => path.starts_with(prefix),
            Self::Exact { path: expected, .. } => path == expected,
        }
    }

    /// Returns the new path, which may have a query of its own, or `None` if the rule does not match.
    ///
    /// # Errors
    /// The rule matches, but its result is too long, or the client's part of it escapes from the replacement; or the
    /// search for the match could take too many steps.
    pub(crate) fn apply(&self, path: &[u8], budget: &Budget) -> Option<Result<Vec<u8>, Unsafe>> {
        match self {
            Self::Regex { search, .. } if !search.could_match(path) => None,
            Self::Regex { .. } if path.len() > safety::LIMIT => Some(Err(Unsafe::TooLong(path.len()))),
            Self::Regex { search, replacement, occurrences, is_template } => {
                if *is_template && has_dots(path) {
                    match captures_dots(search, path, budget) {
                        Ok(false) => {}
                        Ok(true) => return Some(Err(Unsafe::DotVariable)),
                        Err(reason) => return Some(Err(reason.into())),
                    }
                }
                let Some(replacement) = replacement else {
                    return search
                        .matches(budget, path)
                        .map(|matches| matches.then(|| path.to_vec()))
                        .map_err(Unsafe::from)
                        .transpose();
                };
                replacement.replace(search, budget, path, *occurrences).map(|made| made.and_then(contained))
            }
            Self::Prefix { prefix, replacement } => {
                let rest = path.strip_prefix(prefix.as_slice())?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let Some(PrefixReplacement { segments, query }) = replacement else {
                    return Some(Ok(path.to_vec()));
                };
                let root = if segments.is_empty() && rest.is_empty() { b"/".as_slice() } else { b"" };
                let path = [segments, rest, root, query].concat();
                Some(contained(Replaced { path, client_start: segments.len() }))
            }
            Self::Exact { path: expected, replacement } => {
                (path == expected).then(|| Ok(replacement.as_deref().unwrap_or(path).to_vec()))
            }
        }
    }
}

/// Returns whether a template variable captures a segment that a server could read as `.` or `..`.
fn captures_dots(search: &Search, path: &[u8], budget: &Budget) -> Result<bool, Exceeded> {
    search.afford(budget, path.len())?;
    search.charge(budget, path.len(), None);
    let variables = search.regex.captures(path);
    Ok(variables.is_some_and(|found| found.iter().skip(1).flatten().any(|it| has_dots(it.as_bytes()))))
}

/// Returns the new path, unless the client's part of it escapes from the replacement.
fn contained(Replaced { path, client_start }: Replaced) -> Result<Vec<u8>, Unsafe> {
    match safety::escapes(&path, client_start) {
        true => Err(Unsafe::Escapes),
        false => Ok(path),
    }
}
