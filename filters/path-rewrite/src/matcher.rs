//! Matches paths and builds new ones.

use proxy_filter::config::ConfigError;
use proxy_filter::target::has_dots;
use regex_replace::{Budget, Exceeded, Occurrences, Search};

use crate::replacement::{Replaced, Replacement, SPARE};
use crate::safety::{self, Unsafe};
use parse::{PrefixReplacement, Rendered};

pub(crate) mod parse;

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
        case_insensitive: bool,
        replacement: Option<PrefixReplacement>,
    },
    Exact {
        path: Vec<u8>,
        case_insensitive: bool,
        replacement: Option<Vec<u8>>,
    },
}

impl Matcher {
    /// Parses a replacement for one request.
    #[inline(never)]
    pub(crate) fn parse(&self, source: &str) -> Result<Rendered, ConfigError> {
        Ok(match self {
            Self::Regex { search, is_template, .. } => {
                Rendered::Regex(parse::regex_replacement(source, &search.regex, *is_template)?)
            }
            Self::Prefix { .. } => Rendered::Prefix(parse::prefix_replacement(source)?),
            Self::Exact { .. } => Rendered::Exact(parse::exact_replacement(source)?),
        })
    }

    /// Returns whether the path could match, judged by its beginning. Takes no steps.
    pub(crate) fn could_match(&self, path: &[u8]) -> bool {
        match self {
            Self::Regex { search, .. } => search.could_match(path),
            Self::Prefix { prefix, case_insensitive, .. } => strip(path, prefix, *case_insensitive).is_some(),
            Self::Exact { path: expected, case_insensitive, .. } => {
                path.len() == expected.len() && strip(path, expected, *case_insensitive).is_some()
            }
        }
    }

    /// Returns whether the rule removes a prefix and puts nothing in its place.
    pub(crate) fn strips_prefix(&self) -> bool {
        matches!(self, Self::Prefix { replacement: Some(replacement), .. } if replacement.segments.is_empty())
    }

    /// Returns the new path, which may have a query of its own, or `None` if the rule does not match. `rendered` is the
    /// replacement for this request, if that has values of the request.
    ///
    /// # Errors
    /// The rule matches, but its result is too long, or the client's part of it escapes from the replacement; or the
    /// search for the match could take too many steps.
    pub(crate) fn apply(
        &self,
        path: &[u8],
        rendered: Option<&Rendered>,
        budget: &Budget,
    ) -> Option<Result<Vec<u8>, Unsafe>> {
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
                let replacement = match rendered {
                    Some(Rendered::Regex(rendered)) => Some(rendered),
                    _ => replacement.as_ref(),
                };
                let Some(replacement) = replacement else {
                    return search
                        .matches(budget, path)
                        .map(|matches| matches.then(|| path.to_vec()))
                        .map_err(Unsafe::from)
                        .transpose();
                };
                replacement.replace(search, budget, path, *occurrences).map(|made| made.and_then(contained))
            }
            Self::Prefix { prefix, case_insensitive, replacement } => {
                let rest = strip(path, prefix, *case_insensitive)?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let replacement = match rendered {
                    Some(Rendered::Prefix(rendered)) => Some(rendered),
                    _ => replacement.as_ref(),
                };
                let Some(PrefixReplacement { segments, query }) = replacement else {
                    return Some(Ok(path.to_vec()));
                };
                let root = if segments.is_empty() && rest.is_empty() { b"/".as_slice() } else { b"" };
                let mut new =
                    Vec::with_capacity(path.len().saturating_add(segments.len()).saturating_add(SPARE));
                [segments, rest, root, query].iter().for_each(|part| new.extend_from_slice(part));
                Some(contained(Replaced { path: new, client_start: segments.len() }))
            }
            Self::Exact { path: expected, case_insensitive, replacement } => {
                let rest = strip(path, expected, *case_insensitive)?;
                let replacement = match rendered {
                    Some(Rendered::Exact(rendered)) => Some(rendered),
                    _ => replacement.as_ref(),
                };
                rest.is_empty().then(|| Ok(replacement.map_or(path, Vec::as_slice).to_vec()))
            }
        }
    }
}

/// Strips a prefix from a path. `None` if the path does not begin with it.
#[inline(always)]
fn strip<'a>(path: &'a [u8], prefix: &[u8], case_insensitive: bool) -> Option<&'a [u8]> {
    match case_insensitive {
        true => strip_any_case(path, prefix),
        false => path.strip_prefix(prefix),
    }
}

/// In a function of its own, so that other rules do not pay for it.
#[inline(never)]
fn strip_any_case<'a>(path: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = path.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
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
