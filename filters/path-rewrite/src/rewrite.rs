//! One rule, applied to one path.

use regex::bytes::Regex;

use crate::replacement::Replacement;
use crate::safety::Unsafe;

/// A compiled rule.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Replaces every match.
    Regex { regex: Regex, replacement: Replacement },
    /// Replaces the path's first segments. Neither ends in a slash.
    Prefix { prefix: Vec<u8>, replacement: Vec<u8> },
}

impl Rule {
    /// The new path, `None` if the rule does not match. May carry a query of its own.
    ///
    /// # Errors
    /// The rule matches, but its result is too large to be made.
    pub(crate) fn apply(&self, path: &[u8]) -> Option<Result<Vec<u8>, Unsafe>> {
        match self {
            Self::Regex { regex, replacement } => replacement.replace_all(regex, path),
            Self::Prefix { prefix, replacement } => {
                let rest = path.strip_prefix(prefix.as_slice())?;
                if !rest.is_empty() && !rest.starts_with(b"/") {
                    return None;
                }
                let mut new_path = [replacement, rest].concat();
                if new_path.is_empty() {
                    new_path.push(b'/');
                }
                Some(Ok(new_path))
            }
        }
    }
}

/// The path, and the query with its question mark.
pub(crate) fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    let query = target.iter().position(|&byte| byte == b'?').unwrap_or(target.len());
    target.split_at_checked(query).unwrap_or((target, b""))
}

/// The path with the query behind it; parameters that the path brings along come first.
pub(crate) fn join_query(mut path: Vec<u8>, query: &[u8]) -> Vec<u8> {
    match query.split_first() {
        Some((_, parameters)) if path.contains(&b'?') => {
            path.push(b'&');
            path.extend_from_slice(parameters);
        }
        _ => path.extend_from_slice(query),
    }
    path
}
