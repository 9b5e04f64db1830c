//! Parses replacements.

use proxy_filter::config::ConfigError;
use regex_replace::Regex;

use crate::config::path::Path;
use crate::replacement::Replacement;
use crate::safety;

/// A replacement that was parsed for one request, because it has values of the request.
#[derive(Debug)]
pub(crate) enum Rendered {
    Regex(Replacement),
    Prefix(PrefixReplacement),
    Exact(Vec<u8>),
}

/// The replacement of a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrefixReplacement {
    /// Without a trailing slash.
    pub(crate) segments: Vec<u8>,
    /// Empty, or a query with its question mark.
    pub(crate) query: Vec<u8>,
}

/// Parses the replacement of a regex, or of a path template that was converted to one.
pub(crate) fn regex_replacement(
    source: &str,
    regex: &Regex,
    is_template: bool,
) -> Result<Replacement, ConfigError> {
    match is_template {
        true => Replacement::parse_template(source, regex),
        false => Replacement::parse(source, regex),
    }
}

/// Parses the replacement of an exact path: a path, optionally with a query.
pub(crate) fn exact_replacement(source: &str) -> Result<Vec<u8>, ConfigError> {
    safety::check_example(source, source.as_bytes())?;
    Ok(source.into())
}

/// Parses the replacement of a prefix: segments, optionally with a query.
#[inline(never)]
pub(crate) fn prefix_replacement(source: &str) -> Result<PrefixReplacement, ConfigError> {
    let start = source.find('?').unwrap_or(source.len());
    let (segments, query) = source.split_at_checked(start).unwrap_or((source, ""));
    let segments = Path::try_from(segments.to_owned())?.into_segments();
    safety::check_example(source, &[&segments, b"/".as_slice(), query.as_bytes()].concat())?;
    Ok(PrefixReplacement { segments, query: query.into() })
}
