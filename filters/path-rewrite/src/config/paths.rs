//! Paths as they are written in a configuration.

use proxy_filter::config::ConfigError;
use proxy_filter::target::split_query;

use crate::matcher::PrefixReplacement;
use crate::safety;

/// Text that can be a path, without a query.
pub(super) fn path(path: &str) -> Result<&str, ConfigError> {
    if !path.starts_with('/') {
        return Err(ConfigError::new(format_args!("`{path}` does not begin with a slash: a path does")));
    }
    match path.chars().find(|c| c.is_ascii_control() || " ?#".contains(*c)) {
        Some(character) => Err(ConfigError::new(format_args!(
            "{character:?} cannot stand in a path: if it is part of a name, write it as `%{:02X}`",
            u32::from(character)
        ))),
        None => Ok(path),
    }
}

pub(super) fn exact(source: &str) -> Result<Vec<u8>, ConfigError> {
    path(source).map(|path| path.as_bytes().to_vec())
}

/// A path prefix without its trailing slash, so that it ends where a segment does.
pub(super) fn segments(source: &str) -> Result<Vec<u8>, ConfigError> {
    path(source).map(|path| path.trim_end_matches('/').into())
}

/// Segments that can stand at the beginning of a new path, and a query with its question mark.
pub(super) fn safe_segments(source: &str) -> Result<PrefixReplacement, ConfigError> {
    let (before, query) = split_query(source.as_bytes());
    let segments = segments(std::str::from_utf8(before).unwrap_or(source))?;
    never_written(source, &[segments.as_slice(), b"/", query].concat())?;
    Ok(PrefixReplacement { segments, query: query.to_vec() })
}

/// A new path, which may have a query.
pub(super) fn safe_path(source: &str) -> Result<Vec<u8>, ConfigError> {
    never_written(source, source.as_bytes())?;
    Ok(source.into())
}

fn never_written(source: &str, example: &[u8]) -> Result<(), ConfigError> {
    match safety::check(b"/", example) {
        Ok(_) => Ok(()),
        Err(reason) => {
            Err(ConfigError::new(format_args!("`{}` is never written: {reason}", source.escape_debug())))
        }
    }
}
